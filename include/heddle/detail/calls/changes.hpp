// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/operation.hpp"

namespace heddle::detail::calls {

/// Returns true for an operation that can change the database or files beside it, which a backend that was opened for
/// reading only refuses. A wait for a human can: it stores that the time of a request is over.
[[nodiscard]] constexpr bool changes(Operation operation) noexcept {
  switch (operation) {
    case Operation::ping:
    case Operation::details:
    case Operation::back_up:
    case Operation::current_version:
    case Operation::latest_version:
    case Operation::applied_migrations:
    case Operation::pending_migrations:
    case Operation::load_session:
    case Operation::list_sessions:
    case Operation::list_agent_sessions:
    case Operation::find_sessions:
    case Operation::list_branches:
    case Operation::open_tool_calls:
    case Operation::load_messages:
    case Operation::load_messages_backwards:
    case Operation::load_window:
    case Operation::for_each_message:
    case Operation::load_agent_messages:
    case Operation::load_parent_messages:
    case Operation::search_messages:
    case Operation::list_tool_executions:
    case Operation::load_snapshots:
    case Operation::statistics:
    case Operation::usage:
    case Operation::get_error:
    case Operation::list_errors:
    case Operation::get_artifact:
    case Operation::get_artifact_by_name:
    case Operation::list_artifacts:
    case Operation::search_artifacts:
    case Operation::artifact_statistics:
    case Operation::open_artifact:
    case Operation::read_artifact:
    case Operation::list_artifact_versions:
    case Operation::verify_artifact:
    case Operation::artifact_usage:
    case Operation::query_result:
    case Operation::result_metadata:
    case Operation::list_results:
    case Operation::get_human_request:
    case Operation::list_pending_human_requests:
    case Operation::list_human_requests_by_priority:
    case Operation::list_human_requests_of_session:
    case Operation::wait_for_stream:
    case Operation::interrupted_streams:
    case Operation::list_all_sessions:
    case Operation::list_tenants:
    case Operation::sessions_per_user:
    case Operation::system_statistics:
    case Operation::validate_permissions:
    case Operation::export_user: return false;
    default: return true;
  }
}

}  // namespace heddle::detail::calls
