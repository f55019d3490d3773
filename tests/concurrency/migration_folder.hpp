#pragma once

#include "heddle/sqlite/embedded_migrations.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace concurrency {

/// The number of the library's migrations.
inline constexpr int own_migrations = static_cast<int>(heddle::sqlite::embedded_migrations.size());

/// The table that an added migration creates.
inline std::string table_of_step(int version) { return "step_" + std::to_string(version); }

/// Fills a folder with the library's migrations and `steps` more. None of these can run twice; each creates a table
/// with `rows` rows.
inline void write_migrations(const std::filesystem::path& folder, int steps, int rows = 1) {
  std::filesystem::create_directories(folder);
  const auto write = [&folder](int version, const std::string& name, const std::string& up, const std::string& down) {
    std::ostringstream number;
    number.width(6);
    number.fill('0');
    number << version;
    std::ofstream(folder / (number.str() + "_" + name + ".up.sql")) << up;
    std::ofstream(folder / (number.str() + "_" + name + ".down.sql")) << down;
  };
  for (const heddle::EmbeddedMigration& each : heddle::sqlite::embedded_migrations) {
    write(each.version, std::string(each.name), std::string(each.up), std::string(each.down));
  }
  for (int version = own_migrations + 1; version <= own_migrations + steps; ++version) {
    const std::string table = table_of_step(version);
    write(version, "step",
          "CREATE TABLE " + table + " (number INTEGER); INSERT INTO " + table +
              " WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted LIMIT " +
              std::to_string(rows) + ") SELECT number FROM counted; CREATE INDEX " + table + "_by_number ON " + table +
              " (number);",
          "DROP TABLE " + table + ";");
  }
}

}  // namespace concurrency
