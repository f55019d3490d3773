#pragma once

#include "heddle/backup.hpp"
#include "heddle/sqlite.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

/// A database with artifacts, and a place for its backup.
namespace backups {

using support::digest_of;

inline const heddle::Context alice = heddle::Context::for_user("alice");
inline const heddle::Context bob = heddle::Context::for_user("bob");

struct Place {
  support::TemporaryFolder root{};
  std::filesystem::path database = root.path() / "agents.db";
  std::filesystem::path artifacts = root.path() / "agents.db-artifacts";
  std::filesystem::path backup = root.path() / "backup";
  std::filesystem::path restored = root.path() / "restored.db";

  [[nodiscard]] heddle::sqlite::Config config() const { return {.path = database.string()}; }
  [[nodiscard]] heddle::sqlite::Config restored_config() const { return {.path = restored.string()}; }
};

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Returns the files below a folder whose name contains a text.
inline std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder, std::string_view text = "") {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const bool matches = entry.path().string().find(text, folder.string().size()) != std::string::npos;
    if (entry.is_regular_file() && matches) { found.push_back(entry.path()); }
  }
  return found;
}

/// Returns the files with the bytes of artifacts in a backup.
inline std::vector<std::filesystem::path> objects_of(const std::filesystem::path& backup) {
  return files_below(backup / "objects");
}

/// Stores a conversation, and contents: some of one piece, one of several, and two that are equal.
template <class Backend>
void fill(Backend& backend, const heddle::Context& context) {
  auto& sessions = backend.session_storage();
  sessions.save_session(context, {.id = "s", .name = "Digging"});
  for (int number = 0; number < 20; ++number) {
    sessions.save_message(context, "s", {.content = context.user_id + " digs " + std::to_string(number)},
                          {.idempotency_key = std::to_string(number)});
  }
  sessions.fold_messages(context, "s", {2, 9}, {.snapshot_type = "summary", .content = "two to nine"});
  sessions.fork_session(context, "s", 5, {.id = "fork"});
  backend.error_store().store(context, {.id = "e", .session_id = "s", .tool_name = "dig", .raw_error = "broke"});
  backend.result_store().store(context, {.id = "r", .table_name = "t", .table = {{"n"}, {{std::int64_t{7}}}}});
  auto& store = backend.artifact_store();
  for (int number = 0; number < 5; ++number) {
    const std::string id = "a" + std::to_string(number);
    store.put(context, {.id = id, .name = id, .session_id = "s"}, "bytes of " + context.user_id + id);
  }
  store.put(context, {.id = "large", .name = "large"}, std::string(std::size_t{5} << 20U, 'x') + context.user_id);
  store.put(context, {.id = "a0", .name = "a0", .session_id = "s"}, "a second version");
  store.put(context, {.id = "copy", .name = "copy"}, "a second version");
}

/// Fills a database, and backs it up; returns the checksum of the backup.
inline std::string make_backup(const Place& place) {
  heddle::Backend<heddle::Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  return heddle::backup(source, {}, place.backup).checksum;
}

}  // namespace backups
