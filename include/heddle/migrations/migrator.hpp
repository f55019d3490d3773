// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/migration_status.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::migrations {

/// Migrates a schema from one version to another. The algorithm is the same for all databases; the engine provides
/// `Schema`:
///  - `applied()` returns the database's records of migrations, oldest first, empty if it has none;
///  - `run_step(step)` calls `step(session)` in one transaction while no other migrator runs in any process; the
///    session has `applied()`, `run(sql)`, `record(migration)` and `forget(version)`.
template <class Schema>
class Migrator {
 public:
  Migrator(Schema schema, std::vector<Migration> migrations)
      : schema_(std::move(schema)), migrations_(std::move(migrations)) {}

  /// Returns the latest version that this program knows.
  [[nodiscard]] std::int32_t latest_version() const noexcept { return static_cast<std::int32_t>(migrations_.size()); }

  /// Returns the version of the database; 0 if it is empty.
  [[nodiscard]] std::int32_t current_version() { return static_cast<std::int32_t>(applied().size()); }

  /// Returns the database's records of migrations. Throws `failed_precondition` if a migration was edited after it was
  /// applied, is missing from the records, or is newer than this program.
  [[nodiscard]] std::vector<AppliedMigration> applied() { return check_records(schema_.applied()); }

  /// Returns the migrations that `up(target)` would run, without running them. 0 is the latest version.
  [[nodiscard]] std::vector<PendingMigration> pending(std::int32_t target = 0) {
    std::vector<PendingMigration> list;
    const std::int32_t goal = goal_of(target);
    for (std::int32_t version = current_version() + 1; version <= goal; ++version) {
      const Migration& migration = at(version);
      list.push_back({migration.version, migration.name, migration.up});
    }
    return list;
  }

  /// Applies the missing migrations up to `target`, each in its own transaction together with its record; 0 is the
  /// latest version. Several processes may call it at once: each step runs once. Does not change a database that is
  /// beyond the target.
  void up(std::int32_t target = 0) {
    const std::int32_t goal = goal_of(target);
    // Reading the version first avoids the lock whenever a server starts on a migrated database.
    climb(current_version(), goal);
  }

  /// Reverts the last `steps` migrations, newest first. Throws `invalid_argument` if `steps` is less than 1 or more
  /// than the number of applied migrations.
  void down(std::int32_t steps) {
    const std::int32_t current = current_version();
    if (steps < 1 || steps > current) {
      throw Error(ErrorCode::invalid_argument,
                  "cannot go down " + std::to_string(steps) + " steps from version " + std::to_string(current));
    }
    descend(current, current - steps);
  }

  /// Migrates up or down to exactly this version; 0 empties the database.
  void to(std::int32_t target) {
    if (target < 0 || target > latest_version()) { refuse_unknown(target); }
    const std::int32_t current = current_version();
    climb(current, target);
    descend(current, target);
  }

 private:
  [[noreturn]] void refuse_unknown(std::int32_t target) const {
    throw Error(ErrorCode::invalid_argument, "there is no migration " + std::to_string(target) + ": the latest is " +
                                                 std::to_string(latest_version()));
  }

  [[nodiscard]] std::int32_t goal_of(std::int32_t target) const {
    if (target < 0 || target > latest_version()) { refuse_unknown(target); }
    return target == 0 ? latest_version() : target;
  }

  [[nodiscard]] const Migration& at(std::int32_t version) const {
    return migrations_[static_cast<std::size_t>(version) - 1];
  }

  /// Adds the version and the name of the migration to an error of its SQL.
  template <class Session>
  static void run(Session& session, const Migration& migration, const std::string& text) {
    try {
      session.run(text);
    } catch (const Error& error) {
      throw Error(error.code(),
                  "migration " + std::to_string(migration.version) + " (" + migration.name + "): " + error.what(),
                  error.native_code());
    }
  }

  void climb(std::int32_t version, std::int32_t goal) {
    while (version < goal) {
      schema_.run_step([&](auto& session) {
        version = version_of(session);
        if (version >= goal) { return; }
        ++version;
        run(session, at(version), at(version).up);
        session.record(at(version));
      });
    }
  }

  void descend(std::int32_t version, std::int32_t target) {
    while (version > target) {
      schema_.run_step([&](auto& session) {
        version = version_of(session);
        if (version <= target) { return; }
        run(session, at(version), at(version).down);
        session.forget(version);
        --version;
      });
    }
  }

  /// Another migrator may have run while this one waited for the lock.
  template <class Session>
  [[nodiscard]] std::int32_t version_of(Session& session) const {
    return static_cast<std::int32_t>(check_records(session.applied()).size());
  }

  [[nodiscard]] std::vector<AppliedMigration> check_records(std::vector<AppliedMigration> records) const {
    const auto refuse = [](std::int32_t version, const char* why) {
      throw Error(ErrorCode::failed_precondition, "migration " + std::to_string(version) + " " + why);
    };
    std::int32_t expected = 1;
    for (const auto& record : records) {
      if (record.version > latest_version()) {
        throw Error(ErrorCode::failed_precondition,
                    "the database has schema version " + std::to_string(records.back().version) +
                        ", and this program knows no version after " + std::to_string(latest_version()) +
                        ": update the program, or restore a backup from before the migration");
      }
      if (record.version != expected++) {
        refuse(expected - 1, "is missing from the database's records of migrations");
      }
      const Migration& known = at(record.version);
      if (record.name != known.name || record.checksum != known.checksum) {
        refuse(record.version,
               "was edited after it was applied to the database: restore its text and write a new migration");
      }
    }
    return records;
  }

  Schema schema_;
  std::vector<Migration> migrations_;
};

}  // namespace heddle::migrations
