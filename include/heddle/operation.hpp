#pragma once

#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace heddle {

/// What a call does: one enumerator for each operation of a backend, in the order of the stores. `to_string` returns
/// its name, which is the name of the operation's span in a trace.
enum class Operation : std::uint8_t {
  // The backend as a whole; `open` is the call under which an engine opens a file, and no span.
  open,
  ping,
  details,
  back_up,
  current_version,
  latest_version,
  applied_migrations,
  pending_migrations,
  migrate_up,
  migrate_down,
  migrate_to,
  // Sessions
  save_session,
  ensure_session,
  update_session,
  load_session,
  list_sessions,
  list_agent_sessions,
  delete_session,
  soft_delete_session,
  restore_session,
  purge_deleted_sessions,
  clean_up_session,
  save_message,
  save_messages,
  save_turn,
  load_messages,
  for_each_message,
  load_agent_messages,
  load_parent_messages,
  search_messages,
  save_tool_execution,
  list_tool_executions,
  save_snapshot,
  load_snapshots,
  purge_idempotency_keys,
  statistics,
  // Errors of tools
  store_error,
  get_error,
  list_errors,
  // Artifacts
  index_artifact,
  get_artifact,
  get_artifact_by_name,
  list_artifacts,
  search_artifacts,
  update_artifact,
  patch_artifact,
  remove_artifact,
  record_artifact_access,
  artifact_statistics,
  artifact_folder,
  // Results
  store_result,
  query_result,
  result_metadata,
  remove_result,
  expire_results,
  // Questions to humans
  store_human_request,
  get_human_request,
  update_human_request,
  list_pending_human_requests,
  list_human_requests_of_session,
  respond_to_human_request,
  wait_for_human_request,
  expire_human_requests,
  // Administration across tenants
  list_all_sessions,
  sessions_per_user,
  system_statistics,
  validate_permissions
};

template <>
struct EnumNames<Operation> {
  static constexpr std::array<std::string_view, 67> values{"open",
                                                           "ping",
                                                           "details",
                                                           "back_up",
                                                           "current_version",
                                                           "latest_version",
                                                           "applied_migrations",
                                                           "pending_migrations",
                                                           "migrate_up",
                                                           "migrate_down",
                                                           "migrate_to",
                                                           "save_session",
                                                           "ensure_session",
                                                           "update_session",
                                                           "load_session",
                                                           "list_sessions",
                                                           "list_agent_sessions",
                                                           "delete_session",
                                                           "soft_delete_session",
                                                           "restore_session",
                                                           "purge_deleted_sessions",
                                                           "clean_up_session",
                                                           "save_message",
                                                           "save_messages",
                                                           "save_turn",
                                                           "load_messages",
                                                           "for_each_message",
                                                           "load_agent_messages",
                                                           "load_parent_messages",
                                                           "search_messages",
                                                           "save_tool_execution",
                                                           "list_tool_executions",
                                                           "save_snapshot",
                                                           "load_snapshots",
                                                           "purge_idempotency_keys",
                                                           "statistics",
                                                           "store_error",
                                                           "get_error",
                                                           "list_errors",
                                                           "index_artifact",
                                                           "get_artifact",
                                                           "get_artifact_by_name",
                                                           "list_artifacts",
                                                           "search_artifacts",
                                                           "update_artifact",
                                                           "patch_artifact",
                                                           "remove_artifact",
                                                           "record_artifact_access",
                                                           "artifact_statistics",
                                                           "artifact_folder",
                                                           "store_result",
                                                           "query_result",
                                                           "result_metadata",
                                                           "remove_result",
                                                           "expire_results",
                                                           "store_human_request",
                                                           "get_human_request",
                                                           "update_human_request",
                                                           "list_pending_human_requests",
                                                           "list_human_requests_of_session",
                                                           "respond_to_human_request",
                                                           "wait_for_human_request",
                                                           "expire_human_requests",
                                                           "list_all_sessions",
                                                           "sessions_per_user",
                                                           "system_statistics",
                                                           "validate_permissions"};
};

/// The last enumerator has the last name, so no name is missing.
static_assert(to_string(Operation::validate_permissions) == EnumNames<Operation>::values.back());

}  // namespace heddle
