#pragma once

#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

namespace support {

/// A backend and its database with a proxy between them, and a connection without the proxy.
class ProxiedBackend {
 public:
  using Backend = heddle::Backend<heddle::Postgres>;

  /// With a folder for artifacts, their contents are files.
  explicit ProxiedBackend(int connections, const std::filesystem::path& artifacts = {})
      : backend_(config(connections, artifacts)) {
    heddle::Session session;
    session.id = "session";
    backend_.session_storage().save_session({}, session);
  }

  Backend& operator*() noexcept { return backend_; }
  auto& store() noexcept { return backend_.session_storage(); }
  [[nodiscard]] ProtocolProxy& proxy() noexcept { return proxy_; }
  [[nodiscard]] MigratedDatabase& migrated() noexcept { return database_; }
  /// Returns a superuser's connection without the proxy.
  [[nodiscard]] RawPostgres& server() noexcept { return server_; }

  /// Returns a configuration without the proxy, of a role whose connections nothing counts.
  [[nodiscard]] heddle::postgres::Config direct_config() {
    heddle::postgres::Config config = database_.config();
    config.dsn = database_.database().superuser_dsn();
    config.allow_role_without_row_security = true;
    return config;
  }

  /// Connects again after a restart of the server.
  void look_again() { server_ = RawPostgres(database_.database().superuser_dsn()); }

  /// Returns how many messages have this content.
  [[nodiscard]] std::int64_t count(const std::string& content) {
    return server_.integer("SELECT count(*) FROM messages WHERE content = '" + content + "'");
  }

  /// Returns how many connections the application's role has.
  [[nodiscard]] std::int64_t connections() { return server_.integer("SELECT count(*)" + sessions()); }
  /// Ends one of them, whatever it is doing.
  void end_one() {
    static_cast<void>(
        server_.text("SELECT pg_terminate_backend((SELECT pid" + sessions() + " ORDER BY random() LIMIT 1))"));
  }
  /// Waits until all statements of the application's role have ended and its connections are closed.
  void cut_all_and_wait() {
    proxy_.cut_all();
    while (connections() != 0) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  }

 private:
  [[nodiscard]] heddle::postgres::Config config(int connections, const std::filesystem::path& artifacts) {
    heddle::postgres::Config config = database_.config(artifacts);
    config.dsn = proxy_.dsn(database_.database().app_dsn());
    config.admin_dsn.clear();
    config.named_statements = true;
    if (!artifacts.empty()) { config.artifact_content = heddle::ArtifactContent::files; }
    config.pool.max_connections = connections;
    return config;
  }
  [[nodiscard]] std::string sessions() {
    return " FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = '" + database_.database().name() + "'";
  }

  MigratedDatabase database_{};
  RawPostgres server_{database_.database().superuser_dsn()};
  ProtocolProxy proxy_{database_.database().app_dsn()};
  Backend backend_;
};

}  // namespace support
