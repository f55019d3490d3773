#pragma once

#include <chrono>
#include <cstdint>

namespace heddle {

/// How long, and how many, records of one type are kept. What either member does not keep is removed.
struct RetentionRule {
  std::chrono::seconds max_age{0};  ///< older records are removed; 0: none because of its age
  std::int64_t max_count = 0;       ///< of each tenant this many are kept, the newest; 0: no bound

  /// True if the rule removes anything.
  [[nodiscard]] constexpr bool is_set() const noexcept { return max_age.count() != 0 || max_count != 0; }

  friend bool operator==(const RetentionRule&, const RetentionRule&) = default;
};

/// What a backend removes of all tenants because it is old, one rule for each type of record. Without a rule nothing is
/// removed. What soft deletion hides is neither counted nor removed: its grace period decides.
struct RetentionConfig {
  /// Sessions, with their messages and all else that belongs to them, by the time of their last change: as
  /// `delete_session` does, with files and hooks. Forks keep the messages that they share.
  RetentionRule sessions{};
  /// Branches that a rewind has hidden, by the time at which they were hidden, with the messages that no other branch
  /// has. The branch of a session with the highest number stays, so that no number is used twice.
  RetentionRule hidden_branches{};
  RetentionRule snapshots{};  ///< by the time of their creation
  RetentionRule errors{};     ///< of tools, by their time
  /// With their versions, contents and files: by the time of their last change, the oldest by creation first.
  RetentionRule artifacts{};
  RetentionRule results{};   ///< by the time at which they were stored; each has a lifetime of its own besides
  RetentionRule requests{};  ///< to humans, by the time of their creation; open ones stay
  RetentionRule keys{};      ///< of idempotency, by their first use: a repeat after that is a new call
  std::chrono::seconds interval{3600};  ///< between two removals; positive

  /// True if any rule removes anything.
  [[nodiscard]] constexpr bool is_set() const noexcept {
    return sessions.is_set() || hidden_branches.is_set() || snapshots.is_set() || errors.is_set() ||
           artifacts.is_set() || results.is_set() || requests.is_set() || keys.is_set();
  }

  friend bool operator==(const RetentionConfig&, const RetentionConfig&) = default;
};

/// How many records were removed, of all tenants.
struct RetentionReport {
  std::int64_t sessions = 0;
  std::int64_t hidden_branches = 0;
  std::int64_t snapshots = 0;
  std::int64_t errors = 0;
  std::int64_t artifacts = 0;  ///< without those of removed sessions
  std::int64_t results = 0;
  std::int64_t requests = 0;
  std::int64_t keys = 0;

  friend bool operator==(const RetentionReport&, const RetentionReport&) = default;
};

}  // namespace heddle
