#pragma once

#include "heddle/model/session.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heddle {

/// Sessions of all tenants, with how many there are in total.
struct SessionOverview {
  Page<Session> sessions{};
  std::int64_t total = 0;
};

/// How many sessions a tenant has.
struct SessionCount {
  std::string user_id{};
  std::int64_t sessions = 0;

  friend bool operator==(const SessionCount&, const SessionCount&) = default;
};

/// What all tenants have stored.
struct SystemStatistics {
  std::int64_t sessions = 0;
  std::int64_t messages = 0;
  std::int64_t tool_executions = 0;
  std::int64_t users = 0;
  double total_cost_usd = 0;
  std::int64_t total_tokens = 0;

  friend bool operator==(const SystemStatistics&, const SystemStatistics&) = default;
};

/// What the administrator's database role may do, and what stands in its way.
struct AdminPermissions {
  bool bypasses_row_security = false;   ///< it sees the rows of all tenants, in every table
  std::vector<std::string> problems{};  ///< what it lacks, a sentence each; empty if nothing
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::SessionCount, user_id, sessions);
HEDDLE_ADAPT_STRUCT(heddle::SystemStatistics, sessions, messages, tool_executions, users, total_cost_usd, total_tokens);
