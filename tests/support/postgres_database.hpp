#pragma once

#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// A migrated database on the tests' server, dropped by the destructor. It is copied from a template that the first
/// test on a server creates: with the roles heddle_owner, heddle_app and heddle_admin, and all migrations.
class PostgresDatabase {
 public:
  /// Migrates an empty database; its argument is the connection string of the role that migrates.
  using Maker = std::function<void(const std::string& dsn)>;

  /// From now on `maker` creates templates, instead of running the files. Call it before the first database is made.
  static void template_with(Maker maker) { maker_() = std::move(maker); }

  /// The contents of a new database.
  enum class Contents { migrated, roles_only };

  explicit PostgresDatabase(Contents contents = Contents::migrated) : name_("heddle_test_" + random_digits()) {
    const std::string source = template_database(contents);
    RawPostgres server(postgres_server());
    for (int attempt = 0;; ++attempt) {
      try {
        server.execute("CREATE DATABASE " + name_ + " TEMPLATE " + source);
        return;
      } catch (const PostgresFailure& failure) {
        // Another connection, perhaps autovacuum, uses the template at this moment.
        if (failure.sqlstate != "55006" || attempt == 1200) { throw; }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;
  PostgresDatabase(PostgresDatabase&&) = delete;
  PostgresDatabase& operator=(PostgresDatabase&&) = delete;
  ~PostgresDatabase() {
    try {
      RawPostgres(postgres_server()).execute("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {}  // the server has ended, and the database with it
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// For the role of the server, under row security.
  [[nodiscard]] std::string app_dsn() const { return dsn_for("heddle_app", name_); }
  /// For the role that migrates and sees all tenants.
  [[nodiscard]] std::string admin_dsn() const { return dsn_for("heddle_admin", name_); }
  /// For the superuser, who sees everything.
  [[nodiscard]] std::string superuser_dsn() const { return with_settings(postgres_server(), {{"dbname", name_}}); }

 private:
  static Maker& maker_() {
    static Maker maker;
    return maker;
  }

  static std::string dsn_for(const std::string& role, const std::string& database) {
    return with_settings(postgres_server(), {{"user", role}, {"dbname", database}});
  }

  static std::string random_digits() {
    std::random_device device;
    return std::to_string((std::uint64_t{device()} << 32U) | device());
  }

  static std::filesystem::path migrations() {
    return std::filesystem::absolute(__FILE__).parent_path().parent_path().parent_path() / "migrations";
  }

  static std::string contents_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) { throw std::runtime_error("cannot read " + path.string()); }
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Returns the up files in their order.
  static std::vector<std::filesystem::path> steps() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(migrations() / "postgres")) {
      if (entry.path().string().ends_with(".up.sql")) { files.push_back(entry.path()); }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  /// The name identifies the contents, so that a long-running server gets a new template after each change.
  static std::string template_name(Contents contents) {
    std::string all = contents_of(migrations() / "postgres_roles.sql");
    std::string kind = "roles";
    if (contents == Contents::migrated) {
      kind = maker_() ? "made" : "files";
      for (const auto& path : steps()) { all += contents_of(path); }
    }
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : all) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U; }
    return "heddle_template_" + kind + "_" + std::to_string(hash);
  }

  static std::string template_database(Contents contents) {
    std::string name = template_name(contents);
    RawPostgres server(postgres_server());
    const std::string is_there = "SELECT count(*) FROM pg_database WHERE datistemplate AND datname = '" + name + "'";
    if (server.integer(is_there) != 0) { return name; }
    // One process creates it; others wait. The lock ends with the connection.
    static_cast<void>(server.text("SELECT pg_advisory_lock(7234001)"));
    if (server.integer(is_there) != 0) { return name; }
    server.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");  // left behind by a failed attempt
    server.execute("CREATE DATABASE " + name);
    make_roles(with_settings(postgres_server(), {{"dbname", name}, {"options", "-c client_min_messages=warning"}}));
    if (contents == Contents::migrated) { migrate(dsn_for("heddle_admin", name)); }
    // No connections from now on: a database that is in use cannot be copied.
    server.execute("ALTER DATABASE " + name + " WITH IS_TEMPLATE true ALLOW_CONNECTIONS false");
    return name;
  }

  static void migrate(const std::string& dsn) {
    if (maker_()) { return maker_()(dsn); }
    RawPostgres connection(dsn);
    connection.execute("SET ROLE heddle_owner");
    for (const auto& path : steps()) { connection.execute(contents_of(path)); }
  }

  static void make_roles(const std::string& dsn) {
    const std::string script = (migrations() / "postgres_roles.sql").string();
    std::vector<std::string> words{"psql", "-X",   "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null",
                                   "-f",   script, "-d", dsn};
    std::vector<char*> arguments;
    for (std::string& word : words) { arguments.push_back(word.data()); }
    arguments.push_back(nullptr);
    pid_t process = 0;
    int status = 0;
    if (::posix_spawnp(&process, "psql", nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("psql is missing");
    }
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) { throw std::runtime_error("psql could not run " + script); }
  }

  std::string name_;
};

}  // namespace support
