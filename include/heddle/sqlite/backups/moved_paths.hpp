// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/connection/connection.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace heddle::sqlite::backups {

/// Makes the paths of artifacts lead to a new artifact directory, in a restored database that has no other connection.
/// Only absolute paths that lead into the former one change; a relative one depends on the process that stored it.
class MovedPaths {
 public:
  /// `former` has the names of the former artifact directory. All are absolute, and none is empty.
  MovedPaths(std::filesystem::path database, std::filesystem::path directory, std::array<std::string, 2> former)
      : database_(std::move(database)), directory_(std::move(directory)), former_(std::move(former)) {}

  /// Returns how many paths were changed.
  std::int64_t run(const Context& context) {
    if (directory_ == former_.front()) { return 0; }
    try {
      SQLite::Database database(database_.string(), SQLITE_OPEN_READWRITE);
      return change(database, context);
    } catch (const SQLite::Exception& error) {
      throw sqlite::connection::translate(error, "moving paths of artifacts", nullptr, database_.string());
    }
  }

 private:
  std::int64_t change(SQLite::Database& database, const Context& context) const {
    if (!database.tableExists("artifacts")) { return 0; }
    std::int64_t changed = 0;
    SQLite::Transaction transaction(database);
    SQLite::Statement find(database,
                           "SELECT number, path FROM artifacts WHERE path <> '' AND number > ? ORDER BY number");
    SQLite::Statement change(database, "UPDATE artifacts SET path = ? WHERE number = ?");
    std::int64_t last = 0;
    find.bind(1, last);
    while (find.executeStep()) {
      context.check();
      last = find.getColumn(0).getInt64();
      const auto path = moved(find.getColumn(1).getString());
      if (!path) { continue; }
      change.bind(1, *path);
      change.bind(2, last);
      change.exec();
      change.reset();
      ++changed;
      // Not to change what a statement reads.
      find.reset();
      find.bind(1, last);
    }
    transaction.commit();
    return changed;
  }

  [[nodiscard]] std::optional<std::string> moved(const std::string& path) const {
    const std::filesystem::path given(path);
    if (!given.is_absolute()) { return std::nullopt; }
    const auto plain = plain_path(given);
    for (const std::filesystem::path folder : former_) {
      if (is_within(plain, folder)) { return (directory_ / plain.lexically_relative(folder)).string(); }
    }
    return std::nullopt;
  }

  std::filesystem::path database_;
  std::filesystem::path directory_;
  std::array<std::string, 2> former_;
};

}  // namespace heddle::sqlite::backups
