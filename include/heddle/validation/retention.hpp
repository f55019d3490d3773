// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/retention.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::validation {

/// The longest age of a rule: more than any record can have.
inline constexpr std::chrono::seconds longest_age = std::chrono::hours(24) * 366 * 10'000;

/// Throws `invalid_argument` for rules that cannot hold. `backend` names the configuration; `needs` says what it lacks
/// for the removal of records of all tenants, and is empty if it lacks nothing.
inline void check_retention(std::string_view backend, const RetentionConfig& config, std::string_view needs) {
  const std::string setting = std::string(backend).append(": retention.");
  const auto check = [&setting](const char* name, const RetentionRule& rule) {
    if (rule.max_age < std::chrono::seconds(0)) { refuse(setting + name + ".max_age", "is negative"); }
    if (rule.max_age > longest_age) { refuse(setting + name + ".max_age", "is longer than 10000 years"); }
    if (rule.max_count < 0) { refuse(setting + name + ".max_count", "is negative"); }
  };
  check("sessions", config.sessions);
  check("hidden_branches", config.hidden_branches);
  check("snapshots", config.snapshots);
  check("errors", config.errors);
  check("artifacts", config.artifacts);
  check("results", config.results);
  check("requests", config.requests);
  check("keys", config.keys);
  if (config.interval <= std::chrono::seconds(0)) { refuse(setting + "interval", "is not positive"); }
  if (config.is_set() && !needs.empty()) { refuse(std::string(backend) + ": retention", needs); }
}

}  // namespace heddle::validation
