// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <string_view>

namespace heddle::sql {

/// The lists that are read page by page. Each has cursors of its own.
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
  requests_of_session,
  sessions_of_all_users,
  users
};

}  // namespace heddle::sql

/// Parts of cursors: a new name makes cursors of the list invalid that were made before.
template <>
struct heddle::EnumNames<heddle::sql::Listing> {
  static constexpr std::array<std::string_view, 15> values{"sessions",
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
                                                           "requests_of_session",
                                                           "sessions_of_all_users",
                                                           "users"};
};
