#include "backups/place.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <system_error>
#include <vector>

using namespace heddle;
using namespace backups;
using support::code_of;
using support::error_of;
namespace fs = std::filesystem;

namespace {

/// Returns what verifying and restoring throw, which is the same, after which nothing is at the new place.
ErrorCode refusal_of(const Place& place) {
  const auto code = code_of([&] { static_cast<void>(verify_backup({}, place.backup)); });
  CHECK(code_of([&] { restore({}, place.backup, {.database = place.restored}); }) == code);
  CHECK_FALSE(fs::exists(place.restored));
  CHECK_FALSE(fs::exists(place.restored.string() + "-artifacts"));
  return code;
}

}  // namespace

TEST_CASE("a backup with any changed, cut or missing file is refused, and nothing is restored") {
  const Place place;
  make_backup(place);
  std::mt19937 random(7);
  for (const fs::path& file : files_below(place.backup)) {
    if (file.filename() == "heddle-backup.lock") { continue; }
    CAPTURE(file.filename().string());
    const std::string whole = read_file(file);
    const bool is_description = file.filename() == "heddle-backup.txt";
    const auto is_refused = [&] {
      const ErrorCode code = refusal_of(place);
      return code == ErrorCode::data_loss || (is_description && code == ErrorCode::failed_precondition);
    };
    for (int time = 0; time < 8; ++time) {
      std::string changed = whole;
      const std::size_t at = random() % whole.size();
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << (random() % 8)));
      write_file(file, changed);
      CHECK(is_refused());
    }
    for (const std::size_t length : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
      write_file(file, whole.substr(0, length));
      CHECK(is_refused());
    }
    fs::remove(file);
    CHECK(is_refused());
    write_file(file, whole);
  }
  CHECK(verify_backup({}, place.backup).files == 7);
}

TEST_CASE("what is no backup, or one of a later version, is refused as such") {
  const Place place;
  CHECK(refusal_of(place) == ErrorCode::failed_precondition);
  fs::create_directory(place.backup);
  CHECK(refusal_of(place) == ErrorCode::failed_precondition);
  fs::remove(place.backup);
  make_backup(place);
  const fs::path description = place.backup / "heddle-backup.txt";
  std::string text = read_file(description);
  REQUIRE(text.starts_with("heddle backup 1\n"));
  write_file(description, text.replace(14, 1, "2"));
  CHECK(refusal_of(place) == ErrorCode::failed_precondition);
  // This version does not replace it either.
  Backend<Sqlite> source(place.config());
  CHECK(code_of([&] { backup(source, {}, place.backup); }) == ErrorCode::failed_precondition);
  CHECK(read_file(description) == text);
}

TEST_CASE("a file of an earlier backup that is damaged is copied again") {
  const Place place;
  make_backup(place);
  const auto objects = objects_of(place.backup);
  REQUIRE(objects.size() == 7);
  write_file(objects[0], std::string(fs::file_size(objects[0]), '?'));
  write_file(objects[1], "short");
  fs::remove(objects[2]);
  Backend<Sqlite> source(place.config());
  CHECK(backup(source, {}, place.backup).copied_files == 3);
  CHECK(verify_backup({}, place.backup).files == 7);
  // A description that is damaged is replaced.
  write_file(place.backup / "heddle-backup.txt", "heddle backup 1\n");
  CHECK(backup(source, {}, place.backup).copied_files == 0);
  CHECK(verify_backup({}, place.backup).files == 7);
}

TEST_CASE("contents whose bytes are damaged in the source are never backed up as if they were whole") {
  const Place place;
  make_backup(place);
  Backend<Sqlite> source(place.config());
  auto& store = source.artifact_store();
  store.put(alice, {.id = "damaged"}, "good bytes");
  store.put(alice, {.id = "missing"}, "other bytes");
  const auto checksum = verify_backup({}, place.backup).checksum;
  for (const fs::path& file : files_below(place.artifacts, "contents")) {
    if (read_file(file) == "good bytes") { write_file(file, "evil bytes"); }
    if (read_file(file) == "other bytes") { fs::remove(file); }
  }
  const auto error = error_of([&] { backup(source, {}, place.backup); });
  CHECK(error.code() == ErrorCode::data_loss);
  CHECK(std::string(error.what()).find("leave_out_damaged") != std::string::npos);
  CHECK(verify_backup({}, place.backup).checksum == checksum);

  const auto report = backup(source, {}, place.backup, {.leave_out_damaged = true});
  CHECK(report.left_out == 2);
  CHECK(report.files == 7);
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.artifact_store().verify(alice, "damaged") == ContentState::missing);
  CHECK(copy.artifact_store().verify(alice, "missing") == ContentState::missing);
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
}

TEST_CASE("a database with a damaged page does not become a backup") {
  const Place place;
  make_backup(place);
  const auto checksum = verify_backup({}, place.backup).checksum;
  {
    // The pages in the middle: some of them are of the tables.
    std::string bytes = read_file(place.database);
    for (std::size_t at = bytes.size() / 2; at < bytes.size() / 2 + 8192; ++at) { bytes[at] = '\x55'; }
    write_file(place.database, bytes);
  }
  Backend<Sqlite> source(place.config());
  CHECK(code_of([&] { backup(source, {}, place.backup); }) == ErrorCode::data_loss);
  CHECK(verify_backup({}, place.backup).checksum == checksum);
}
