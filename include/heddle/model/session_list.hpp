#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// A session in a list.
struct SessionSummary {
  std::string id{};
  std::string name{};
  std::string agent_id{};
  std::optional<std::string> parent_session_id{};
  Timestamp created_at{};
  Timestamp updated_at{};  ///< see Session
  double total_cost_usd = 0;
  std::int64_t total_tokens = 0;
  std::int64_t last_sequence = 0;  ///< the number of its messages
  std::int64_t branch = 0;         ///< see Session
  std::string preview{};           ///< the first 200 code points of the text of its last message; empty if it has none

  friend bool operator==(const SessionSummary&, const SessionSummary&) = default;
};

/// Selects sessions; one must satisfy all conditions.
struct SessionFilter {
  std::optional<std::string> agent_id{};
  std::optional<std::string> parent_session_id{};
  std::optional<Timestamp> updated_from{};  ///< at this time or later
  std::optional<Timestamp> updated_to{};    ///< before this time
  std::string name_contains{};              ///< the name contains these bytes
  /// The context has members with these names and values, which are texts, integers, true, false or null. Numbers are
  /// compared by value: 1, 1.0 and 1e0 are equal, as are 0 and -0. Integers of 64 bits are compared exactly; with a
  /// fraction or an exponent a number is a double, and equal to none from 2^53 on.
  JsonObject context{};
  bool oldest_first = false;  ///< the order by the time of the last update
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::SessionSummary, id, name, agent_id, parent_session_id, created_at, updated_at,
                    total_cost_usd, total_tokens, last_sequence, branch, preview);
HEDDLE_ADAPT_STRUCT(heddle::SessionFilter, agent_id, parent_session_id, updated_from, updated_to, name_contains,
                    context, oldest_first);
HEDDLE_LIMIT_TEXTS(heddle::SessionFilter, heddle::limits::id, agent_id, parent_session_id);
