#pragma once

#include "heddle/postgres.hpp"
#include "one_by_one.hpp"
#include "support/migrated_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace benchmarks {

/// A database with both schemas; both sides use the same role, under row security.
class PostgresSetup {
 public:
  PostgresSetup() {
    support::RawPostgres(database_.database().superuser_dsn()).execute(OneByOne::schema("heddle_app"));
  }

  [[nodiscard]] std::string app_dsn() { return database_.database().app_dsn(); }
  [[nodiscard]] std::string superuser_dsn() { return database_.database().superuser_dsn(); }

  /// Returns Heddle's configuration for this connection string.
  static heddle::postgres::Config config(const std::string& dsn, int connections = 1) {
    heddle::postgres::Config config;
    config.dsn = dsn;
    config.pool.min_connections = connections;
    config.pool.max_connections = connections;
    return config;
  }
  /// Returns the baseline's connection string.
  static std::string one_by_one(const std::string& dsn) {
    return support::with_settings(dsn, {{"options", "-c search_path=one_by_one"}});
  }

 private:
  support::MigratedDatabase database_;
};

/// Returns messages with texts of so many words in turn, generated beforehand.
class Messages {
 public:
  explicit Messages(std::uint32_t seed, int words = 100, std::size_t count = 64) : all_(count) {
    TextSource source(seed);
    for (heddle::Message& message : all_) { message.content = source.next(words); }
  }
  [[nodiscard]] const heddle::Message& next() { return all_[next_++ % all_.size()]; }
  [[nodiscard]] const std::vector<heddle::Message>& all() const noexcept { return all_; }

 private:
  std::vector<heddle::Message> all_;
  std::size_t next_ = 0;
};

}  // namespace benchmarks
