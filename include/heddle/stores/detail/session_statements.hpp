// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

namespace heddle::stores::detail {

/// The statements of a policy that write messages.
template <class Policy>
[[nodiscard]] const auto& message_statements() {
  return sql::statements<typename Policy::Dialect::Messages>();
}

/// The statements of a policy that read messages.
template <class Policy>
[[nodiscard]] const auto& message_lists() {
  return sql::statements<typename Policy::Dialect::Messages::Lists>();
}

/// The statements of a policy that search messages.
template <class Policy>
[[nodiscard]] const auto& message_search() {
  return sql::statements<typename Policy::Dialect::Messages::Search>();
}

/// The statements of a policy that fork and rewind sessions.
template <class Policy>
[[nodiscard]] const auto& branch_statements() {
  return sql::statements<typename Policy::Dialect::Messages::Branches>();
}

/// The statements of a policy that fold messages.
template <class Policy>
[[nodiscard]] const auto& fold_statements() {
  return sql::statements<typename Policy::Dialect::Messages::Folds>();
}

/// The statements of a policy on calls of tools without a result.
template <class Policy>
[[nodiscard]] const auto& tool_call_statements() {
  return sql::statements<typename Policy::Dialect::Messages::ToolCalls>();
}

/// The statements of a policy for sessions and their other records.
template <class Policy>
[[nodiscard]] const auto& session_statements() {
  return sql::statements<typename Policy::Dialect::Sessions>();
}

}  // namespace heddle::stores::detail
