#pragma once

#include <heddle/any_backend.hpp>
#include <heddle/context.hpp>
#include <heddle/migrations/migration.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace command {

/// Which database, as the command line names it.
struct DatabaseName {
  /// The file of a SQLite database, a connection string of PostgreSQL, or a configuration file; empty: the database
  /// that `heddle::open` opens without a configuration.
  std::string name{};
  std::string admin_dsn{};  ///< of PostgreSQL; empty: LOOM_PG_ADMIN_DSN
  bool immutable = false;   ///< see heddle::sqlite::Config; only for what is read
};

/// What a command does with a database.
enum class Access {
  inspect,  ///< reads it, whatever its schema
  read,     ///< reads it
  write,    ///< writes to it
  migrate   ///< changes its schema; the database need not exist
};

/// An open database.
struct Database {
  heddle::AnyBackend backend;
  std::string default_user{};                   ///< the tenant if none is named; empty: one must be named
  std::optional<std::filesystem::path> file{};  ///< of SQLite
  std::vector<heddle::Migration> migrations{};  ///< those that this program knows
};

/// Opens a database. Throws `failed_precondition` to read or write it if a migration is missing, `not_found` if the
/// file does not exist, `invalid_argument` if the name has no meaning, and what opening throws.
[[nodiscard]] Database open_database(const DatabaseName& name, Access access, const heddle::Context& context);

}  // namespace command
