// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/operation.hpp"

#include <string_view>

namespace heddle::detail::calls {

/// Returns the name under which an idempotency key of this operation is stored; empty for an operation without keys.
/// Databases contain these names: they never change, even if the operation's name in traces does.
[[nodiscard]] constexpr std::string_view key_scope(Operation operation) noexcept {
  switch (operation) {
    case Operation::save_session: return "save_session";
    case Operation::ensure_session: return "ensure_session";
    case Operation::update_session: return "update_session";
    case Operation::delete_session: return "delete_session";
    case Operation::soft_delete_session: return "soft_delete_session";
    case Operation::restore_session: return "restore_session";
    case Operation::fork_session: return "fork_session";
    case Operation::rewind_session: return "rewind_session";
    case Operation::restore_branch: return "restore_branch";
    case Operation::redact_messages: return "redact_messages";
    case Operation::fold_messages: return "fold_messages";
    case Operation::save_message: return "save_message";
    case Operation::save_messages: return "save_messages";
    case Operation::save_turn: return "save_turn";
    case Operation::close_tool_calls: return "close_tool_calls";
    case Operation::save_tool_execution: return "save_tool_execution";
    case Operation::save_snapshot: return "save_snapshot";
    case Operation::store_error: return "store_error";
    case Operation::remove_error: return "remove_error";
    case Operation::prune_errors: return "prune_errors";
    case Operation::index_artifact: return "index_artifact";
    case Operation::update_artifact: return "update_artifact";
    case Operation::patch_artifact: return "patch_artifact";
    case Operation::remove_artifact: return "remove_artifact";
    case Operation::record_artifact_access: return "record_artifact_access";
    case Operation::put_artifact: return "put_artifact";
    case Operation::restore_artifact_version: return "restore_artifact_version";
    case Operation::store_result: return "store_result";
    case Operation::finish_result: return "finish_result";
    case Operation::remove_result: return "remove_result";
    case Operation::expire_results: return "expire_results";
    case Operation::store_human_request: return "store_human_request";
    case Operation::update_human_request: return "update_human_request";
    case Operation::respond_to_human_request: return "respond_to_human_request";
    case Operation::cancel_human_request: return "cancel_human_request";
    case Operation::expire_human_requests: return "expire_human_requests";
    case Operation::expire_human_request: return "expire_human_request";
    case Operation::remove_human_request: return "remove_human_request";
    case Operation::begin_stream: return "begin_stream";
    case Operation::finish_stream: return "finish_stream";
    default: return {};
  }
}

}  // namespace heddle::detail::calls
