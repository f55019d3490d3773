#pragma once

#include "heddle/detail/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/migration.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heddle::sql {

/// The embedded migrations of a backend as a list.
[[nodiscard]] inline std::vector<Migration> load_migrations(std::span<const EmbeddedMigration> embedded) {
  std::vector<Migration> migrations;
  for (const auto& each : embedded) {
    migrations.push_back({each.version, std::string(each.name), std::string(each.up), std::string(each.down),
                          std::string(each.checksum)});
  }
  return migrations;
}

/// The migrations in a folder of `NNNNNN_name.up.sql` and `NNNNNN_name.down.sql` files. Throws `invalid_argument` if a
/// half is missing or the numbers have a gap.
[[nodiscard]] inline std::vector<Migration> load_migrations(const std::filesystem::path& folder) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorCode::invalid_argument, "migrations: " + why); };
  const auto ends = [](std::string_view name, std::string_view end) { return name.ends_with(end); };
  std::map<std::int32_t, Migration> found;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const std::string file = entry.path().filename().string();
    const bool up = ends(file, ".up.sql");
    if (!up && !ends(file, ".down.sql")) { continue; }
    const std::size_t underscore = file.find('_');
    std::int32_t version = 0;
    const auto parsed = std::from_chars(file.data(), file.data() + std::min(underscore, file.size()), version);
    if (underscore == std::string::npos || parsed.ec != std::errc{} || parsed.ptr != file.data() + underscore) {
      refuse("a file name does not start with a version and an underscore");
    }
    std::ifstream stream(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream) { refuse("a file cannot be read"); }
    Migration& migration = found[version];
    migration.version = version;
    const std::string name = file.substr(underscore + 1, file.size() - underscore - (up ? 8 : 10));
    if (!migration.name.empty() && migration.name != name) { refuse("two files share one version"); }
    migration.name = name;
    if (up) { migration.checksum = detail::sha256_hex(std::as_bytes(std::span(text))); }
    (up ? migration.up : migration.down) = std::move(text);
  }
  if (failure) { refuse("the folder cannot be read"); }
  std::vector<Migration> migrations;
  for (auto& [version, migration] : found) {
    if (version != static_cast<std::int32_t>(migrations.size()) + 1) { refuse("the versions have a gap"); }
    if (migration.up.empty() || migration.down.empty()) { refuse("a version lacks its up or down file"); }
    migrations.push_back(std::move(migration));
  }
  if (migrations.empty()) { refuse("the folder holds none"); }
  return migrations;
}

}  // namespace heddle::sql
