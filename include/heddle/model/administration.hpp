#pragma once

#include "heddle/model/session.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heddle {

/// A page of the sessions of all tenants, and their number.
struct SessionOverview {
  Page<Session> sessions{};
  std::int64_t total = 0;
};

/// The number of a tenant's sessions.
struct SessionCount {
  std::string user_id{};
  std::int64_t sessions = 0;

  friend bool operator==(const SessionCount&, const SessionCount&) = default;
};

/// The amount of data of all tenants.
struct SystemStatistics {
  std::int64_t sessions = 0;
  std::int64_t messages = 0;
  std::int64_t tool_executions = 0;
  std::int64_t users = 0;
  double total_cost_usd = 0;
  std::int64_t total_tokens = 0;

  friend bool operator==(const SystemStatistics&, const SystemStatistics&) = default;
};

/// The permissions of the administrator's database role.
struct AdminPermissions {
  bool bypasses_row_security = false;   ///< it can read the rows of all tenants, in every table
  std::vector<std::string> problems{};  ///< missing permissions, one sentence each
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::SessionCount, user_id, sessions);
HEDDLE_ADAPT_STRUCT(heddle::SystemStatistics, sessions, messages, tool_executions, users, total_cost_usd, total_tokens);
