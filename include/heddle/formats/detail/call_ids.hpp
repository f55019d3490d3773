// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/message_form.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::formats::detail {

/// Returns whether a message has a call without an id, as Gemini makes them.
[[nodiscard]] inline bool lacks_call_id(const Message& message) {
  const auto lacks_in_parts = [](const Part& part) { return part.kind == PartKind::tool_call && part.call.id.empty(); };
  const auto lacks = [](const ToolCall& call) { return call.id.empty(); };
  return message.parts.empty() ? std::any_of(message.tool_calls.begin(), message.tool_calls.end(), lacks)
                               : std::any_of(message.parts.begin(), message.parts.end(), lacks_in_parts);
}

/// Returns messages for an API that tells calls by their ids: calls without one get their place as one, and results
/// without one that of the calls before them, in order. What was read from the format stays as it was.
[[nodiscard]] inline std::vector<Message> with_call_ids(std::span<const Message> messages, std::string_view format) {
  std::vector<Message> named(messages.begin(), messages.end());
  std::deque<std::string> open;
  for (std::size_t at = 0; at < named.size(); ++at) {
    if (origin_of(named[at], format).was_read) { continue; }
    std::vector<Part> parts = parts_to_write(named[at]);
    if (named[at].role == Role::assistant) { open.clear(); }
    for (std::size_t index = 0; index < parts.size(); ++index) {
      Part& part = parts[index];
      if (part.kind == PartKind::tool_call && part.call.id.empty()) {
        part.call.id = "call_" + std::to_string(at) + "_" + std::to_string(index);
        open.push_back(part.call.id);
      } else if (part.kind == PartKind::tool_result && part.call_id.empty() && !open.empty()) {
        part.call_id = std::move(open.front());
        open.pop_front();
      }
    }
    named[at].parts = std::move(parts);
  }
  return named;
}

/// Calls a writer with messages whose calls have ids.
template <class Write>
[[nodiscard]] auto with_named_calls(std::span<const Message> messages, std::string_view format, const Write& write) {
  if (std::none_of(messages.begin(), messages.end(), lacks_call_id)) { return write(messages); }
  const std::vector<Message> named = with_call_ids(messages, format);
  return write(std::span<const Message>(named));
}

}  // namespace heddle::formats::detail
