#include "backups/place.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/erasure.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

/// What administration does while a backup runs.
using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

namespace {

/// Makes a backup, and calls `work` once in a stage, in that of the database when a part is copied.
BackupReport backup_with(Backend<Sqlite>& source, const Place& place, BackupStage stage,
                         const std::function<void()>& work) {
  bool is_done = false;
  const auto report = backup(source, {}, place.backup, {.on_progress = [&](const BackupProgress& progress) {
                               const bool is_early = stage == BackupStage::database && progress.bytes == 0;
                               if (progress.stage != stage || is_done || is_early) { return; }
                               is_done = true;
                               work();
                             }});
  REQUIRE(is_done);
  return report;
}

/// Returns the files that wait for the end of a backup.
std::size_t held_files(const Place& place) {
  const fs::path folder = place.artifacts / ".backup/held";
  return fs::exists(folder) ? files_below(folder).size() : 0;
}

void check_restored(const Place& place, const std::string& digest) {
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == digest);
  for (const char* id : {"a0", "a4", "large", "copy"}) {
    CHECK(copy.artifact_store().verify(alice, id) == ContentState::intact);
  }
}

}  // namespace

TEST_CASE("what retention removes while a backup runs is in the backup") {
  const Place place;
  Backend<Sqlite> source({.path = place.database.string(), .administer_tenants = true});
  source.migrate();
  fill(source, alice);
  const std::string digest = digest_of(source, alice);
  const auto report = backup_with(source, place, BackupStage::files, [&] {
    // The session takes its artifacts along.
    CHECK(source.apply_retention({}, {.sessions = {.max_count = 1}, .artifacts = {.max_count = 1}}).artifacts > 0);
    CHECK(held_files(place) > 0);
  });
  CHECK(report.files == 7);
  CHECK(held_files(place) == 0);
  check_restored(place, digest);
}

TEST_CASE("compaction, and a rewrite of the whole file, while a backup runs do not change it") {
  const Place place;
  Backend<Sqlite> source({.path = place.database.string(), .incremental_vacuum = true});
  source.migrate();
  fill(source, alice);
  // Several steps of the copy.
  for (int number = 0; number < 40; ++number) {
    source.session_storage().save_message(alice, "fork", {.content = std::string(100'000, 'x')});
  }
  for (const auto stage : {BackupStage::database, BackupStage::files, BackupStage::verification}) {
    CAPTURE(to_string(stage));
    source.session_storage().save_session(alice, {.id = "removed"});
    source.session_storage().save_message(alice, "removed", {.content = std::string(1'000'000, 'y')});
    const std::string digest = digest_of(source, alice);
    backup_with(source, place, stage, [&] {
      source.session_storage().delete_session(alice, "removed");
      static_cast<void>(source.compact({}, {.time = std::chrono::seconds(1)}));
      static_cast<void>(source.compact({}, {.full = true}));
    });
    const fs::path database = place.root.path() / (std::string(to_string(stage)) + ".db");
    restore({}, place.backup, {.database = database});
    Backend<Sqlite> copy({.path = database.string()});
    CHECK(digest_of(copy, alice) == digest);
  }
  source.close();
  CHECK(support::RawDatabase(place.database.string()).text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("child: wait in a backup" * doctest::skip()) {
  const fs::path folder = support::Parent::setting("HEDDLE_TEST_FOLDER");
  Backend<Sqlite> source({.path = (folder / "agents.db").string()});
  backup(source, {}, folder / "backup", {.on_progress = [](const BackupProgress& progress) {
           if (progress.stage != BackupStage::files) { return; }
           support::Parent::tell("!");
           support::Parent::wait_at_gate();
         }});
}

TEST_CASE("an erasure after a backup was killed removes what that has kept") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  support::ChildProcess child("child: wait in a backup", {{"HEDDLE_TEST_FOLDER", place.root.path().string()}});
  child.wait_for_sign();
  source.artifact_store().remove(alice, "large", DeleteMode::hard);
  REQUIRE(held_files(place) == 1);
  child.kill();
  REQUIRE(child.wait_for_kill());
  erase_user(source, alice);
  CHECK(held_files(place) == 0);
}

TEST_CASE("backups of one database by several threads, into folders of their own, are all whole") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  const std::string digest = digest_of(source, alice);
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      // Not of doctest's: its checks are for one thread.
      backup(source, {}, place.root.path() / ("backup" + std::to_string(number)));
    });
  }
  for (auto& thread : threads) { thread.join(); }
  for (int number = 0; number < 4; ++number) {
    const fs::path database = place.root.path() / (std::to_string(number) + ".db");
    restore({}, place.root.path() / ("backup" + std::to_string(number)), {.database = database});
    Backend<Sqlite> copy({.path = database.string()});
    CHECK(digest_of(copy, alice) == digest);
  }
}

TEST_CASE("a database with a rollback journal is backed up") {
  const Place place;
  Backend<Sqlite> source({.path = place.database.string(), .wal = false});
  source.migrate();
  fill(source, alice);
  const std::string digest = digest_of(source, alice);
  CHECK(backup(source, {}, place.backup).files == 7);
  check_restored(place, digest);
}
