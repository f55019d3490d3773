#include "backups/place.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

/// What is removed while a backup runs, by this process or another.
using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

namespace {

/// Makes a backup, and calls `work` once the database is copied and before a file is.
BackupReport backup_with(Backend<Sqlite>& source, const Place& place, const std::function<void()>& work) {
  bool is_done = false;
  const auto report = backup(source, {}, place.backup, {.on_progress = [&](const BackupProgress& progress) {
                               if (progress.stage != BackupStage::files || is_done) { return; }
                               is_done = true;
                               work();
                             }});
  REQUIRE(is_done);
  return report;
}

/// Returns whether files wait for the end of a backup.
bool holds_files(const Place& place) { return fs::exists(place.artifacts / ".backup/held"); }

}  // namespace

TEST_CASE("what is removed after the database was copied is in the backup, and leaves the disk at its end") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  // Stands for another process.
  Backend<Sqlite> other({.path = place.database.string(), .administer_tenants = true});
  for (const auto& tenant : {alice, bob}) { fill(source, tenant); }
  auto& sessions = source.session_storage();
  sessions.save_session(bob, {.id = "with files"});
  const auto folder = source.artifact_store().folder(bob, ArtifactFolder::agent, "with files");
  fs::create_directories(folder);
  const fs::path own = source.artifact_store().folder(bob, ArtifactFolder::user, std::nullopt);
  fs::create_directories(own);
  write_file(folder / "notes.txt", "notes of a session");
  write_file(folder / "more.txt", "more of the session");
  write_file(own / "own.txt", "a file of its own");
  source.artifact_store().index(bob, {.id = "notes", .path = (folder / "notes.txt").string()});
  source.artifact_store().index(bob, {.id = "more", .path = (folder / "more.txt").string()});
  source.artifact_store().index(bob, {.id = "own", .path = (own / "own.txt").string()});
  source.artifact_store().remove(bob, "copy", DeleteMode::soft);

  const auto before = digest_of(source, alice);
  const auto report = backup_with(source, place, [&] {
    auto& store = other.artifact_store();
    for (const char* id : {"a1", "large"}) { CHECK(store.remove(alice, id, DeleteMode::hard)); }
    CHECK(other.session_storage().delete_session(alice, "s"));
    // First one file of a folder, then the folder.
    CHECK(store.remove(bob, "more", DeleteMode::hard));
    CHECK(other.session_storage().delete_session(bob, "with files"));
    CHECK(store.remove(bob, "own", DeleteMode::hard));
    CHECK(store.purge_deleted({}, std::chrono::seconds(0)) == 1);
    // To those who do not make the backup, they are gone.
    CHECK(store.sweep_orphans(alice, std::chrono::seconds(0)) == 0);
    CHECK_FALSE(fs::exists(folder / "notes.txt"));
    CHECK_FALSE(fs::exists(own / "own.txt"));
    CHECK(holds_files(place));
  });
  CHECK(report.files == 17);
  CHECK(report.not_found == 0);
  CHECK_FALSE(holds_files(place));
  for (const fs::path& file : files_below(place.artifacts, "alice")) { CHECK(fs::file_size(file) < 1'000'000); }

  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == before);
  for (const char* id : {"a1", "large", "a0"}) {
    CHECK(copy.artifact_store().verify(alice, id) == ContentState::intact);
  }
  CHECK(copy.artifact_store().open(bob, "notes").rest() == "notes of a session");
  CHECK(copy.artifact_store().open(bob, "more").rest() == "more of the session");
  CHECK(copy.artifact_store().open(bob, "own").rest() == "a file of its own");
}

TEST_CASE("what is stored after the database was copied is not in the backup, and does not disturb it") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  const auto report = backup_with(source, place, [&] { fill(source, bob); });
  CHECK(report.files == 7);
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == digest_of(source, alice));
  CHECK(copy.session_storage().list_sessions(bob).items.empty());
  CHECK(source.artifact_store().verify(bob, "large") == ContentState::intact);
}

TEST_CASE("a program that does not know that a backup runs makes it fail, rather than be without a file") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  // What an earlier version does: the rows, then the file.
  const auto remove_by_hand = [&] {
    support::RawDatabase raw(place.database.string());
    raw.execute("DELETE FROM artifact_versions WHERE artifact_id = 'large'");
    for (const fs::path& file : files_below(place.artifacts, "contents")) {
      if (fs::file_size(file) > 1'000'000) { fs::remove(file); }
    }
  };
  CHECK(code_of([&] { backup_with(source, place, remove_by_hand); }) == ErrorCode::conflict);
  CHECK(code_of([&] { static_cast<void>(verify_backup({}, place.backup)); }) == ErrorCode::failed_precondition);
  CHECK(backup(source, {}, place.backup).files == 6);
}

TEST_CASE("backups of one database wait for each other, and two into one folder exclude each other") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  backup_with(source, place, [&] {
    CHECK(code_of([&] { backup(source, {}, place.backup); }) == ErrorCode::conflict);
    CHECK(code_of([&] { static_cast<void>(verify_backup({}, place.backup)); }) == ErrorCode::conflict);
    CHECK(code_of([&] { restore({}, place.backup, {.database = place.restored}); }) == ErrorCode::conflict);
    // This one would wait for the end of the first.
    const auto soon = Context{}.with_timeout(std::chrono::milliseconds(50));
    CHECK(code_of([&] { backup(source, soon, place.root.path() / "second"); }) == ErrorCode::deadline_exceeded);
  });
  CHECK(backup(source, {}, place.root.path() / "second").files == 7);
}

TEST_CASE("backups that are made while others store and remove are whole, each of one moment") {
  const Place place;
  Backend<Sqlite> source({.path = place.database.string(), .durability = sqlite::Durability::normal});
  source.migrate();
  source.session_storage().save_session(alice, {.id = "s"});
  std::atomic<bool> must_end{false};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      auto& store = source.artifact_store();
      for (int number = 0; !must_end; ++number) {
        const std::string id = std::to_string(writer) + "." + std::to_string(number);
        store.put(alice, {.id = id}, "bytes of " + id);
        source.session_storage().save_message(alice, "s", {.content = id});
        if (number >= 5) {
          store.remove(alice, std::to_string(writer) + "." + std::to_string(number - 5), DeleteMode::hard);
        }
      }
    });
  }
  for (int number = 0; number < 6; ++number) {
    const auto report = backup(source, {}, place.backup);
    const fs::path database = place.root.path() / (std::to_string(number) + ".db");
    restore({}, place.backup, {.database = database});
    Backend<Sqlite> copy({.path = database.string()});
    std::int64_t files = 0;
    for (const Artifact& artifact : copy.artifact_store().list(alice, {}, {.limit = 100}).items) {
      CHECK(copy.artifact_store().open(alice, artifact.id).rest() == "bytes of " + artifact.id);
      ++files;
    }
    CHECK(files == report.files);
    const auto session = copy.session_storage().load_session(alice, "s");
    CHECK(session->last_sequence == support::RawDatabase(database.string()).integer("SELECT count(*) FROM messages"));
  }
  must_end = true;
  for (auto& writer : writers) { writer.join(); }
  CHECK_FALSE(holds_files(place));
}
