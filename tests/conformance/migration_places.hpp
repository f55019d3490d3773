#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

// Databases that nothing was migrated in. As in subjects.hpp, CMakeLists.txt says on which database.
#ifdef HEDDLE_CONFORMANCE_POSTGRES

#include "support/unmigrated_database.hpp"

namespace conformance {

using EmptyPlace = support::UnmigratedDatabase;

}  // namespace conformance

#else

#include "heddle/sqlite.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

namespace conformance {

/// A file without a database, and somebody who looks into it past the library.
class EmptyPlace {
 public:
  using Storage = heddle::Backend<heddle::Sqlite>;

  [[nodiscard]] heddle::sqlite::Config config(std::filesystem::path migrations = {}) const {
    return {.path = file(), .migration_directory = std::move(migrations)};
  }
  void execute(const std::string& sql) const { support::RawDatabase(file()).execute(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) const { return support::RawDatabase(file()).integer(sql); }
  /// All that there is in the database, sorted.
  [[nodiscard]] std::string contents() const {
    return support::RawDatabase(file()).text(
        "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name)");
  }

 private:
  [[nodiscard]] std::string file() const { return (folder_.path() / "heddle.db").string(); }

  support::TemporaryFolder folder_;
};

}  // namespace conformance

#endif
