#pragma once

#include <heddle/any_backend.hpp>
#include <heddle/context.hpp>
#include <heddle/migrations/migration.hpp>
#include <heddle/model/retention.hpp>

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
  std::string admin_dsn{};  ///< of PostgreSQL; empty: that of the environment or of the configuration
  bool immutable = false;   ///< see heddle::sqlite::Config; only for what is read
  /// The roles in the environment (LOOM_PG_ADMIN_DSN, LOOM_PG_MIGRATION_DSN) are those of this database.
  bool has_environment = true;
};

/// What a command does with a database.
enum class Access {
  inspect,  ///< reads it, whatever its schema
  read,     ///< reads it
  write,    ///< writes to it
  fill,     ///< writes to it; it is made and migrated if it is new
  migrate   ///< changes its schema; the database need not exist
};

/// An open database. Nothing is done behind the calls.
struct Database {
  heddle::AnyBackend backend;
  std::string default_user{};                   ///< the tenant if none is named; empty: one must be named
  std::optional<std::filesystem::path> file{};  ///< of SQLite
  std::string dsn{};                            ///< of PostgreSQL: it may have a password
  std::vector<heddle::Migration> migrations{};  ///< those that this program knows
  heddle::RetentionConfig retention{};          ///< the rules of the configuration
};

/// Opens a database. Throws `failed_precondition` to read or write it if a migration is missing, `not_found` if the
/// file does not exist, `invalid_argument` if the name has no meaning, and what opening throws.
[[nodiscard]] Database open_database(const DatabaseName& name, Access access, const heddle::Context& context);

/// Where a SQLite database is, or will be.
struct SqlitePlace {
  std::filesystem::path database{};
  std::filesystem::path artifact_directory{};  ///< empty: the default
};

/// Returns the place of a SQLite database; opens nothing. Throws `failed_precondition` for one of PostgreSQL.
[[nodiscard]] SqlitePlace sqlite_place(const DatabaseName& name);

/// Returns true for a connection string of PostgreSQL. Throws `invalid_argument` for the address of something else: it
/// might contain a password, which must not be taken for a file and printed.
[[nodiscard]] bool is_connection_string(const std::string& name);

}  // namespace command
