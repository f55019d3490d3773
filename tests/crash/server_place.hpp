#pragma once

#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace crash {

/// A database of the tests' server, with the same members as FilePlace.
class ServerPlace {
 public:
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

  /// Waits until the server has ended the sessions of a process that was killed: it still commits a transaction that it
  /// has received whole. Before that, a call can find more than a test has just seen, or throw `conflict`.
  /// Precondition: no backend is open here.
  void settle() const {
    support::RawPostgres server(superuser_dsn_);
    while (server.integer("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = "
                          "'client backend' AND pid <> pg_backend_pid()") != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  /// Returns the tables that have rows with a text still.
  [[nodiscard]] std::vector<std::string> traces_of(const std::string& text) const {
    support::RawPostgres server(superuser_dsn_);
    std::vector<std::string> found;
    for (const std::string& table : server.texts("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) {
      if (server.integer("SELECT count(*) FROM " + table + " t WHERE strpos(t::text, '" + text + "') > 0") != 0) {
        found.push_back(table);
      }
    }
    return found;
  }

 private:
  support::MigratedDatabase database_{};
  std::string superuser_dsn_ = database_.database().superuser_dsn();
  heddle::postgres::Config config_ = database_.config();
};

}  // namespace crash
