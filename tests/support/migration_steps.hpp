#pragma once

#include "support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace support {

/// A folder with migrations of the test.
class MigrationSteps {
 public:
  MigrationSteps() { std::filesystem::create_directories(folder()); }

  void add(int version, const std::string& name, const std::string& up, const std::string& down) const {
    const std::string stem = "00000" + std::to_string(version) + "_" + name;
    std::ofstream(folder() / (stem + ".up.sql")) << up;
    std::ofstream(folder() / (stem + ".down.sql")) << down;
  }
  /// Adds the migrations of a backend; returns how many.
  template <class Embedded>
  int add_embedded(const Embedded& all) const {
    for (const auto& each : all) {
      add(each.version, std::string(each.name), std::string(each.up), std::string(each.down));
    }
    return static_cast<int>(std::size(all));
  }
  /// Adds three steps that create the tables a, b and c. The second stores a row.
  void add_three() const {
    add(1, "first", "CREATE TABLE a (x integer);", "DROP TABLE a;");
    add(2, "second", "CREATE TABLE b (x integer); INSERT INTO b VALUES (1);", "DROP TABLE b;");
    add(3, "third", "CREATE TABLE c (x integer);", "DROP TABLE c;");
  }

  [[nodiscard]] std::filesystem::path folder() const { return files_.path() / "migrations"; }

 private:
  TemporaryFolder files_;
};

}  // namespace support
