// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::stores::detail {

/// Calls `note(position, call id, 1 or 0)` for each call of a tool in a message, and for each result in it, which is
/// a 1. The position of a call is its place in the stored `tool_calls`.
template <class Note>
void for_each_link(const Message& message, Note&& note) {
  if (message.tool_calls.empty() && message.tool_use_id.empty() && !message.tool_result && message.parts.empty()) {
    return;
  }
  std::int64_t position = 0;
  if (message.parts.empty()) {
    for (const ToolCall& call : message.tool_calls) { note(position++, call.id, 0); }
    if (!message.tool_use_id.empty() || message.tool_result) { note(position, message.tool_use_id, 1); }
    return;
  }
  for (const Part& part : message.parts) {
    if (part.kind == PartKind::tool_call) { note(position++, part.call.id, 0); }
  }
  for (const Part& part : message.parts) {
    if (part.kind == PartKind::tool_result) { note(position++, part.call_id, 1); }
  }
}

/// Notes the calls of a message of this transaction and its results, so that open calls are found. The message has so
/// many messages of its session behind it.
template <class Policy, class Transaction>
void link_calls(Transaction& tx, const std::string& session_id, const Message& message, std::int64_t behind) {
  for_each_link(message, [&](std::int64_t position, std::string_view call_id, std::int64_t is_result) {
    tx.run(sql::statements<typename Policy::Dialect::Messages::ToolLinks>().add, tx.user_id(), session_id, behind,
           position, call_id, is_result);
  });
}

}  // namespace heddle::stores::detail
