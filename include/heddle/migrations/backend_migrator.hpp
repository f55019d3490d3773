#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/migrations/migration.hpp"

#include <cstdint>
#include <vector>

namespace heddle {

/// Brings the schema of a backend's database to a version. Each step runs in one transaction together with its record,
/// and only one migrator works at a time, in whatever process. Every operation throws `failed_precondition` if a
/// migration was edited after it was applied, is missing from the records, or is newer than this program, or if the
/// schema is not there or has tables that are not Heddle's; `permission_denied` if the database role may not do it;
/// `invalid_argument` for a version that this program does not know and for fewer than 1 step; `unavailable` if another
/// migrator holds the lock for too long or the database cannot be reached, `in_doubt()` if it was lost while a step was
/// committed.
///
/// Deadline and stop token hold for the statements of a step too: it is rolled back as a whole. The steps before it
/// stay, as they do when a later one fails; the next migrator goes on from there. On PostgreSQL it is the server that
/// ends a statement, so one that is not heard from is waited for until the connection counts as lost, and a request to
/// stop that comes just between two statements may let the second one run to its end before the step is rolled back.
template <class Policy, class TracerType>
class BackendMigrator {
  using Gateway = detail::calls::Gateway<Policy, TracerType>;

 public:
  explicit BackendMigrator(Gateway& gateway) : gateway_(gateway) {}

  /// Returns the version of the database; 0 if it is empty.
  [[nodiscard]] std::int32_t current_version(const Context& context = {});
  /// Returns the latest version that this program knows.
  [[nodiscard]] std::int32_t latest_version(const Context& context = {});
  /// Returns the records of the database, oldest first.
  [[nodiscard]] std::vector<AppliedMigration> applied(const Context& context = {});
  /// Returns what `up(target)` would run, with its SQL, without running it; 0 is the latest version. Works on an empty
  /// database.
  [[nodiscard]] std::vector<PendingMigration> pending(const Context& context = {}, std::int32_t target = 0);
  /// Applies what is missing up to this version; 0 is the latest.
  void up(const Context& context = {}, std::int32_t target = 0);
  /// Takes back that many migrations, newest first, with everything that is stored in what they made.
  void down(const Context& context, std::int32_t steps);
  /// Goes up or down to exactly this version; 0 empties the database.
  void to(const Context& context, std::int32_t target);

 private:
  Gateway& gateway_;
};

}  // namespace heddle
