// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/call_ids.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/parse_json.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/model/message.hpp"
#include "heddle/validation/field_path.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// Lists of messages, for formats whose messages are one value each.
namespace heddle::formats::detail {

using ReadMessage = Message (*)(const Json&, const Pointer&);
/// Appends a message to a list, behind that of the one before it.
using AppendMessage = void (*)(Json&, const Message&, const Message* before);

inline void read_list(std::vector<Message>& messages, const Json& list, const Pointer& at, ReadMessage read) {
  require_array(list, at);
  messages.reserve(messages.size() + list.items.size());
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    messages.push_back(read(list.items[index], at.element(index)));
  }
}

[[nodiscard]] inline Json write_list(std::span<const Message> all, std::string_view format, AppendMessage append) {
  return with_named_calls(all, format, [append](std::span<const Message> messages) {
    Json list = Json::array();
    const Message* before = nullptr;
    for (const Message& message : messages) { append(list, message, std::exchange(before, &message)); }
    return list;
  });
}

/// Returns the members of a request beside its messages. Throws `invalid_argument` if they are no JSON object.
[[nodiscard]] inline Json request_rest(const Request& request) {
  std::optional<Json> rest = parse_object(request.rest.text, kept_rules);
  if (!rest) { validation::refuse("request.rest", "is not a JSON object"); }
  return *std::move(rest);
}

}  // namespace heddle::formats::detail
