#pragma once

#include "support/raw_postgres.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace isolation {

/// What became of one statement.
struct Attempt {
  std::int64_t rows = 0;   ///< seen or changed
  std::string sqlstate{};  ///< if it failed
  std::string error{};
};

/// Runs raw SQL under row security, under one identity or none, each statement in a transaction of its own.
class Attacker {
 public:
  /// On a connection of the role that the server works as.
  explicit Attacker(support::RawPostgres& app)
      : raw_(app), begin_("BEGIN"), commit_("COMMIT"), roll_back_("ROLLBACK") {}
  /// In the role's place, within an open transaction of the superuser: sees what that has changed and not committed.
  Attacker(support::RawPostgres& superuser, const std::string& role)
      : raw_(superuser),
        begin_("SAVEPOINT attempt; SET LOCAL ROLE " + role),
        commit_("RESET ROLE; RELEASE SAVEPOINT attempt"),
        roll_back_("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt") {}

  /// Who statements are run for; nothing: the connection's setting is left as it is.
  void become(std::optional<std::string> user) { user_ = std::move(user); }

  Attempt operator()(const std::string& sql) { return run(sql, commit_); }
  /// The same, and whatever it did is undone.
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
