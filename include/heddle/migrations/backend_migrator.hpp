#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/migration_status.hpp"

#include <cstdint>
#include <vector>

namespace heddle {

/// Migrates the schema of a backend's database to a version. Each step runs in one transaction together with its
/// record. Only one migrator runs at a time, across all processes. Every operation throws
///  - `failed_precondition` if a migration was edited after it was applied, is missing from the records or is newer
///    than this program, or if the database's schema does not exist or has tables that are not Heddle's;
///  - `permission_denied` if the database role lacks a privilege;
///  - `invalid_argument` for a version that this program does not know and for fewer than 1 step;
///  - `unavailable` if another migrator holds the lock for too long or the database cannot be reached, and
///    `deadline_exceeded` if that takes longer than the deadline; the error is `in_doubt()` if the connection was lost
///    while a step was committed.
///
/// Deadline and stop token apply to the statements of a step too: an interrupted or failed step is rolled back as a
/// whole. The steps before it stay, and the next migrator continues from there. On PostgreSQL the server ends a
/// statement; one that does not respond gets five seconds.
template <class Policy, class TracerType>
class BackendMigrator {
  using Gateway = detail::calls::Gateway<Policy, TracerType>;

 public:
  /// Made by Backend.
  explicit BackendMigrator(Gateway& gateway) : gateway_(gateway) {}

  /// Returns the version of the database; 0 if it is empty.
  [[nodiscard]] std::int32_t current_version(const Context& context = {});
  /// Returns the latest version that this program knows.
  [[nodiscard]] std::int32_t latest_version(const Context& context = {});
  /// Returns the database's records of applied migrations, oldest first.
  [[nodiscard]] std::vector<AppliedMigration> applied(const Context& context = {});
  /// Returns the migrations that `up(target)` would run, with their SQL, without running them; 0 is the latest version.
  /// Works on an empty database.
  [[nodiscard]] std::vector<PendingMigration> pending(const Context& context = {}, std::int32_t target = 0);
  /// Applies the missing migrations up to this version; 0 is the latest. Does not change a database that is beyond it.
  void up(const Context& context = {}, std::int32_t target = 0);
  /// Reverts that many migrations, newest first, with all data in the tables that they created.
  void down(const Context& context, std::int32_t steps);
  /// Migrates up or down to exactly this version; 0 empties the database.
  void to(const Context& context, std::int32_t target);

 private:
  Gateway& gateway_;
};

}  // namespace heddle
