#pragma once

#include "adoption/read_back.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace adoption {

/// A data folder of a Go server, made of a fixture: `loom.db`, and `artifacts` beside it. The fixture is a file that
/// the server wrote, or a text of SQL.
class LoomFolder {
 public:
  explicit LoomFolder(const std::string& fixture = "loom_1_4_0") : fixture_(fixture) {
    const auto file = fixtures() / (fixture + ".db");
    if (std::filesystem::exists(file)) {
      std::filesystem::copy(file, path());
    } else {
      support::RawDatabase(path()).execute(contents_of(fixtures() / (fixture + ".sql")));
    }
    std::filesystem::copy(fixtures() / "artifacts", folder_.path() / "artifacts",
                          std::filesystem::copy_options::recursive);
  }

  [[nodiscard]] std::string path() const { return (folder_.path() / "loom.db").string(); }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }
  void execute(const std::string& sql) const { support::RawDatabase(path()).execute(sql); }

  /// What the server reads back.
  [[nodiscard]] rapidjson::Document read_back() const { return parsed(contents_of(fixtures() / (fixture_ + ".json"))); }

  /// The bytes of all files.
  [[nodiscard]] std::map<std::string, std::string> bytes() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) { files.emplace(entry.path().string(), contents_of(entry.path())); }
    }
    return files;
  }

 private:
  support::TemporaryFolder folder_;
  std::string fixture_;
};

}  // namespace adoption
