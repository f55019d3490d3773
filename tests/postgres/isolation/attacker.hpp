#pragma once

#include "support/raw_postgres.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace isolation {

/// The outcome of one statement.
struct Attempt {
  std::int64_t rows = 0;   ///< read or changed
  std::string sqlstate{};  ///< if it failed
  std::string error{};
};

/// Runs raw SQL under row security, with one identity or none, each statement in its own transaction.
class Attacker {
 public:
  /// On a connection of the server's role.
  explicit Attacker(support::RawPostgres& app)
      : raw_(app), begin_("BEGIN"), commit_("COMMIT"), roll_back_("ROLLBACK") {}
  /// As that role in an open transaction of the superuser: sees uncommitted changes of that transaction.
  Attacker(support::RawPostgres& superuser, const std::string& role)
      : raw_(superuser),
        begin_("SAVEPOINT attempt; SET LOCAL ROLE " + role),
        commit_("RESET ROLE; RELEASE SAVEPOINT attempt"),
        roll_back_("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt") {}

  /// The identity of the statements; nothing: the connection's setting is not changed.
  void become(std::optional<std::string> user) { user_ = std::move(user); }

  Attempt operator()(const std::string& sql) { return run(sql, commit_); }
  /// The same, but rolls back the changes.
  Attempt tries(const std::string& sql) { return run(sql, roll_back_); }

 private:
  Attempt run(const std::string& sql, const std::string& end) {
    raw_.execute(begin_);
    try {
      if (user_) { raw_.execute("SELECT set_config('heddle.user_id', '" + *user_ + "', true)"); }
      const std::int64_t rows = raw_.execute(sql);
      raw_.execute(end);
      return {rows, {}, {}};
    } catch (const support::PostgresFailure& failure) {
      raw_.execute(roll_back_);
      return {0, failure.sqlstate, failure.what()};
    }
  }

  support::RawPostgres& raw_;
  std::string begin_;
  std::string commit_;
  std::string roll_back_;
  std::optional<std::string> user_{};
};

}  // namespace isolation
