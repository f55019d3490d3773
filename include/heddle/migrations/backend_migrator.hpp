#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/migrations/migrator.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
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
template <class Gateway>
class BackendMigrator {
 public:
  explicit BackendMigrator(Gateway& gateway) : gateway_(gateway) {}

  /// The version of the database; 0 if it is empty.
  [[nodiscard]] std::int32_t current_version(const Context& context = {}) {
    return with(context, "current_version", [](auto& migrator) { return migrator.current_version(); });
  }

  /// The latest version that this program knows.
  [[nodiscard]] std::int32_t latest_version(const Context& context = {}) {
    return with(context, "latest_version", [](auto& migrator) { return migrator.latest_version(); });
  }

  /// The records of the database, oldest first.
  [[nodiscard]] std::vector<AppliedMigration> applied(const Context& context = {}) {
    return with(context, "applied_migrations", [](auto& migrator) { return migrator.applied(); });
  }

  /// What `up(target)` would run, with its SQL, without running it; 0 is the latest version. Works on an empty
  /// database.
  [[nodiscard]] std::vector<PendingMigration> pending(const Context& context = {}, std::int32_t target = 0) {
    return with(context, "pending_migrations", [=](auto& migrator) { return migrator.pending(target); });
  }

  /// Applies what is missing up to this version; 0 is the latest.
  void up(const Context& context = {}, std::int32_t target = 0) {
    with(context, "migrate_up", [=](auto& migrator) { migrator.up(target); });
  }

  /// Takes back that many migrations, newest first, with everything that is stored in what they made.
  void down(const Context& context, std::int32_t steps) {
    with(context, "migrate_down", [=](auto& migrator) { migrator.down(steps); });
  }

  /// Goes up or down to exactly this version; 0 empties the database.
  void to(const Context& context, std::int32_t target) {
    with(context, "migrate_to", [=](auto& migrator) { migrator.to(target); });
  }

 private:
  template <class Use>
  auto with(const Context& context, std::string_view operation, Use&& use) {
    return gateway_.manage(context, operation, [&](const Call& call) {
      migrations::Migrator migrator(gateway_.engine().schema(call), gateway_.engine().migrations());
      return std::forward<Use>(use)(migrator);
    });
  }

  Gateway& gateway_;
};

}  // namespace heddle
