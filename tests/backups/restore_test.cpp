#include "backups/place.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

TEST_CASE("a backup is never restored over anything that is there") {
  const Place place;
  make_backup(place);
  const auto code = [&](const RestorePlace& target) { return code_of([&] { restore({}, place.backup, target); }); };
  {
    // The source, open and closed.
    const Backend<Sqlite> live(place.config());
    CHECK(code({.database = place.database}) == ErrorCode::failed_precondition);
  }
  const std::string before = read_file(place.database);
  CHECK(code({.database = place.database}) == ErrorCode::failed_precondition);
  CHECK(code({.database = place.database, .artifact_directory = place.root.path() / "new"}) ==
        ErrorCode::failed_precondition);
  CHECK(read_file(place.database) == before);
  CHECK_FALSE(fs::exists(place.root.path() / "new"));

  // What a crash has left of another database would be taken for a part of this one.
  for (const char* ending : {"-wal", "-shm", "-journal"}) {
    const fs::path rest = place.restored.string() + ending;
    write_file(rest, "rest");
    CHECK(code({.database = place.restored}) == ErrorCode::failed_precondition);
    CHECK(read_file(rest) == "rest");
    fs::remove(rest);
  }
  // Files of artifacts of another database.
  CHECK(code({.database = place.restored, .artifact_directory = place.artifacts}) == ErrorCode::failed_precondition);
  fs::create_directory(place.restored.string() + "-artifacts");
  write_file(place.restored.string() + "-artifacts/file", "bytes");
  CHECK(code({.database = place.restored}) == ErrorCode::failed_precondition);
  CHECK(read_file(place.restored.string() + "-artifacts/file") == "bytes");
  CHECK_FALSE(fs::exists(place.restored));
  fs::remove(place.restored.string() + "-artifacts/file");

  CHECK(code({}) == ErrorCode::invalid_argument);
  CHECK(code({.database = place.root.path() / "missing/x.db"}) == ErrorCode::failed_precondition);
  CHECK(code({.database = place.root.path() / "in/x.db", .artifact_directory = place.root.path() / "in"}) ==
        ErrorCode::invalid_argument);
  // An empty folder is a new place.
  CHECK(restore({}, place.backup, {.database = place.restored}).backup.files == 7);
  CHECK(code({.database = place.restored}) == ErrorCode::failed_precondition);
}

TEST_CASE("a restore that was left goes on, and until its end there is no database") {
  const Place place;
  make_backup(place);
  for (const auto stage : {BackupStage::verification, BackupStage::files, BackupStage::database}) {
    const BackupObserver fail = [&](const BackupProgress& progress) {
      // After something of the stage was done.
      if (progress.stage == stage && progress.bytes > 0) { throw std::runtime_error("enough"); }
    };
    CHECK_THROWS_AS(restore({}, place.backup, {.database = place.restored}, {.on_progress = fail}), std::runtime_error);
    CHECK_FALSE(fs::exists(place.restored));
  }
  {
    // What is there belongs to the restore of this backup: that of another one is refused.
    Backend<Sqlite> source(place.config());
    source.session_storage().save_session(alice, {.id = "later"});
    backup(source, {}, place.root.path() / "another");
    CHECK(code_of([&] { restore({}, place.root.path() / "another", {.database = place.restored}); }) ==
          ErrorCode::failed_precondition);
  }
  const auto report = restore({}, place.backup, {.database = place.restored});
  CHECK(report.resumed);
  Backend<Sqlite> copy(place.restored_config());
  Backend<Sqlite> source(place.config());
  source.session_storage().delete_session(alice, "later");
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
  CHECK(copy.session_storage().load_messages(alice, "s").items.size() ==
        source.session_storage().load_messages(alice, "s").items.size());
  CHECK(files_below(place.root.path(), ".restoring").empty());
}

TEST_CASE("two restores to one place exclude each other") {
  const Place place;
  make_backup(place);
  bool is_asked = false;
  const BackupObserver observe = [&](const BackupProgress& progress) {
    if (progress.stage != BackupStage::files || is_asked) { return; }
    is_asked = true;
    CHECK(code_of([&] { restore({}, place.backup, {.database = place.restored}); }) == ErrorCode::conflict);
  };
  restore({}, place.backup, {.database = place.restored}, {.on_progress = observe});
  CHECK(is_asked);
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
}
