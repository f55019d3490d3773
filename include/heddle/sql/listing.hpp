// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <string_view>

namespace heddle::sql {

/// The lists with pages. A cursor is valid for one of them.
enum class Listing {
  sessions,
  sessions_of_agent,
  messages_of_session,
  messages_of_parent,
  messages_of_agent,
  found_messages,
  executions,
  snapshots,
  errors,
  artifacts,
  found_artifacts,
  pending_requests,
  requests_by_priority,
  results,
  requests_of_session,
  usage,
  sessions_of_all_users,
  users,
  branches,
  session_summaries,
  open_tool_calls,
  interrupted_streams,
  messages_backwards,
  artifact_versions,
  tenants
};

}  // namespace heddle::sql

/// The names are part of cursors: a changed name makes the existing cursors of its list invalid.
template <>
struct heddle::EnumNames<heddle::sql::Listing> {
  static constexpr std::array<std::string_view, 25> values{"sessions",
                                                           "sessions_of_agent",
                                                           "messages_of_session",
                                                           "messages_of_parent",
                                                           "messages_of_agent",
                                                           "found_messages",
                                                           "executions",
                                                           "snapshots",
                                                           "errors",
                                                           "artifacts",
                                                           "found_artifacts",
                                                           "pending_requests",
                                                           "requests_by_priority",
                                                           "results",
                                                           "requests_of_session",
                                                           "usage",
                                                           "sessions_of_all_users",
                                                           "users",
                                                           "branches",
                                                           "session_summaries",
                                                           "open_tool_calls",
                                                           "interrupted_streams",
                                                           "messages_backwards",
                                                           "artifact_versions",
                                                           "tenants"};
};
