#include "crash/copies.hpp"
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace {

/// A database of the tests' server.
class ServerPlace {
 public:
  ServerPlace() : config_(database_.config()) {}

  /// The connection strings of the role of the server and of the administrator, a line each.
  [[nodiscard]] std::string setting() const { return config_.dsn + "\n" + config_.admin_dsn; }
  [[nodiscard]] static heddle::Backend<heddle::Postgres> open(const std::string& setting) {
    const std::size_t end = setting.find('\n');
    heddle::postgres::Config config;
    config.dsn = setting.substr(0, end);
    config.admin_dsn = setting.substr(end + 1);
    config.pool.min_connections = 0;
    return heddle::Backend<heddle::Postgres>(config);
  }

 private:
  support::MigratedDatabase database_;
  heddle::postgres::Config config_;
};

}  // namespace

TEST_CASE("child: copy SQLite to PostgreSQL until killed" * doctest::skip()) {
  crash::copy_until_killed<crash::FilePlace, ServerPlace>();
}

TEST_CASE("a copy from SQLite to PostgreSQL that is killed goes on, and nothing is lost or stored twice") {
  crash::KilledCopies<crash::FilePlace, ServerPlace> copies("child: copy SQLite to PostgreSQL until killed");
  const crash::Continued behind_batches = copies.kill_behind_batches();
  CHECK(behind_batches.kills > 1);
  CHECK(behind_batches.resumed == behind_batches.kills);
  const crash::Continued at_any_time = copies.kill_at_any_time(2);
  CHECK(at_any_time.kills > 1);
  CHECK(at_any_time.copied + at_any_time.unchanged == crash::tenants * at_any_time.kills);
}

TEST_CASE("child: copy PostgreSQL to SQLite until killed" * doctest::skip()) {
  crash::copy_until_killed<ServerPlace, crash::FilePlace>();
}

TEST_CASE("a copy from PostgreSQL to SQLite that is killed goes on, and nothing is lost or stored twice") {
  crash::KilledCopies<ServerPlace, crash::FilePlace> copies("child: copy PostgreSQL to SQLite until killed");
  const crash::Continued behind_batches = copies.kill_behind_batches();
  CHECK(behind_batches.kills > 1);
  CHECK(behind_batches.resumed == behind_batches.kills);
  const crash::Continued at_any_time = copies.kill_at_any_time(3);
  CHECK(at_any_time.kills > 1);
  CHECK(at_any_time.copied + at_any_time.unchanged == crash::tenants * at_any_time.kills);
}
