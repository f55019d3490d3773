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
  crash::kill_copies<crash::FilePlace, ServerPlace>("child: copy SQLite to PostgreSQL until killed", 2);
}

TEST_CASE("child: copy PostgreSQL to SQLite until killed" * doctest::skip()) {
  crash::copy_until_killed<ServerPlace, crash::FilePlace>();
}

TEST_CASE("a copy from PostgreSQL to SQLite that is killed goes on, and nothing is lost or stored twice") {
  crash::kill_copies<ServerPlace, crash::FilePlace>("child: copy PostgreSQL to SQLite until killed", 3);
}
