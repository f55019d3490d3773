#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

// Databases without migrations. As for subjects.hpp, CMakeLists.txt selects the database.
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

/// A file without a database, with access to it without the library.
class EmptyPlace {
 public:
  using Storage = heddle::Backend<heddle::Sqlite>;

  [[nodiscard]] heddle::sqlite::Config config(std::filesystem::path migrations = {}) const {
    return {.path = file(), .migration_directory = std::move(migrations)};
  }
  void execute(const std::string& sql) const { support::RawDatabase(file()).execute(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) const { return support::RawDatabase(file()).integer(sql); }
  /// Returns the names of all objects in the database, sorted.
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

namespace conformance {

/// Returns the version of the step with this name.
inline std::int32_t version_of(EmptyPlace::Storage& backend, const std::string& name) {
  const auto records = backend.migrator().applied();
  const auto found = std::find_if(records.begin(), records.end(), [&](const auto& each) { return each.name == name; });
  REQUIRE(found != records.end());
  return found->version;
}

}  // namespace conformance
