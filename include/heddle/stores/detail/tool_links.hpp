// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::stores::detail {

/// Notes the calls of tools in a message of this transaction and the results in it, so that open calls are found. It
/// has so many messages of the session behind it. The position of a call is its place in the stored `tool_calls`.
template <class Policy, class Transaction>
void link_calls(Transaction& tx, const std::string& session_id, const Message& message, std::int64_t behind) {
  if (message.tool_calls.empty() && message.tool_use_id.empty() && !message.tool_result && message.parts.empty()) {
    return;
  }
  std::int64_t position = 0;
  const auto note = [&](std::string_view call_id, std::int64_t is_result) {
    tx.run(sql::statements<typename Policy::Dialect::Messages::ToolLinks>().add, tx.user_id(), session_id, behind,
           position++, call_id, is_result);
  };
  if (message.parts.empty()) {
    for (const ToolCall& call : message.tool_calls) { note(call.id, 0); }
    if (!message.tool_use_id.empty() || message.tool_result) { note(message.tool_use_id, 1); }
    return;
  }
  for (const Part& part : message.parts) {
    if (part.kind == PartKind::tool_call) { note(part.call.id, 0); }
  }
  for (const Part& part : message.parts) {
    if (part.kind == PartKind::tool_result) { note(part.call_id, 1); }
  }
}

}  // namespace heddle::stores::detail
