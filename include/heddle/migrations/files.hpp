// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::migrations {

/// Returns the embedded migrations of a backend as a list.
template <std::same_as<EmbeddedMigration> Embedded, std::size_t Count>
[[nodiscard]] std::vector<Migration> load_migrations(const std::array<Embedded, Count>& embedded) {
  std::vector<Migration> migrations;
  migrations.reserve(Count);
  for (const auto& each : embedded) {
    migrations.push_back({each.version, std::string(each.name), std::string(each.up), std::string(each.down),
                          std::string(each.checksum)});
  }
  return migrations;
}

[[noreturn]] inline void refuse_migrations(const std::string& why) {
  throw Error(ErrorCode::invalid_argument, "migrations: " + why);
}

/// One half of a migration, identified by its file name `NNNNNN_name.up.sql` or `NNNNNN_name.down.sql`.
struct MigrationFile {
  std::int32_t version = 0;
  std::string name{};
  bool up = false;

  /// Parses a file name; returns nothing if it is not the name of a migration file.
  [[nodiscard]] static std::optional<MigrationFile> of(const std::same_as<std::string> auto& file) {
    const std::string_view ending = file.ends_with(".up.sql") ? ".up.sql" : ".down.sql";
    if (!file.ends_with(ending)) { return std::nullopt; }
    MigrationFile half;
    half.up = ending == ".up.sql";
    const char* const end = file.data() + file.size() - ending.size();
    const auto parsed = std::from_chars(file.data(), end, half.version);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != '_') {
      refuse_migrations("a file name must begin with a version and an underscore, like 000001_initial.up.sql");
    }
    half.name.assign(parsed.ptr + 1, end);
    return half;
  }
};

[[nodiscard]] std::string read_migration(const std::same_as<std::filesystem::path> auto& path) {
  detail::files::PlainFile file(path);
  std::istream& stream = file.stream();
  std::ostringstream text;
  // Copying an empty file sets the fail bit of `text` only, not of `stream`.
  text << stream.rdbuf();
  if (!stream || stream.bad()) { refuse_migrations("a file of the folder cannot be read"); }
  return text.str();
}

/// Returns the migrations in a folder of `NNNNNN_name.up.sql` and `NNNNNN_name.down.sql` files. Throws
/// `invalid_argument` if the folder or a file cannot be read, a half is missing or the versions have a gap. A template
/// only so that a file that does not migrate does not compile it.
template <std::same_as<std::filesystem::path> Path>
[[nodiscard]] std::vector<Migration> load_migrations(const Path& folder) {
  std::map<std::int32_t, Migration> found;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const auto half = MigrationFile::of(entry.path().filename().string());
    if (!half) { continue; }
    Migration& migration = found[half->version];
    if (!migration.name.empty() && migration.name != half->name) {
      refuse_migrations("two migrations have the same version");
    }
    migration.version = half->version;
    migration.name = half->name;
    std::string text = read_migration(entry.path());
    if (half->up) { migration.checksum = detail::crypto::sha256_hex(std::as_bytes(std::span(text))); }
    (half->up ? migration.up : migration.down) = std::move(text);
  }
  if (failure) { refuse_migrations("the folder cannot be read"); }
  std::vector<Migration> migrations;
  for (auto& [version, migration] : found) {
    if (version != static_cast<std::int32_t>(migrations.size()) + 1) {
      refuse_migrations("the versions must be 1, 2, 3 and so on without a gap");
    }
    if (migration.up.empty() || migration.down.empty()) {
      refuse_migrations("a version lacks its .up.sql or its .down.sql file, or the file is empty");
    }
    migrations.push_back(std::move(migration));
  }
  if (migrations.empty()) { refuse_migrations("the folder contains none"); }
  return migrations;
}

}  // namespace heddle::migrations
