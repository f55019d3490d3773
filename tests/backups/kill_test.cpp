#include "backups/place.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/killer.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <vector>

/// A process is killed while it makes or restores a backup. What it leaves is never taken for a whole one, and a repeat
/// completes it.
using namespace heddle;
using namespace backups;
using support::ChildProcess;
using support::code_of;
using support::Killer;
using support::Parent;
namespace fs = std::filesystem;

namespace {

Killer::Settings settings_for(const Place& place) { return {{"HEDDLE_TEST_FOLDER", place.root.path().string()}}; }

/// Makes a backup of a tenant; returns a digest of the tenant.
std::string back_up(const Place& place) {
  make_backup(place);
  Backend<Sqlite> source(place.config());
  return digest_of(source, alice);
}

/// All that the backup has is there, and nothing else.
void check_restored(const Place& place, const std::string& digest) {
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == digest);
  auto& store = copy.artifact_store();
  for (const auto& artifact : store.list(alice).items) {
    CHECK(store.verify(alice, artifact.id) == ContentState::intact);
  }
  CHECK(store.sweep_orphans(alice, std::chrono::seconds(0)) == 0);
  CHECK(support::RawDatabase(place.restored.string()).text("PRAGMA integrity_check") == "ok");
}

/// Removes what a restore has made, at any of its steps.
void remove_restored(const Place& place) {
  for (const fs::path& each : std::vector<fs::path>(fs::directory_iterator(place.root.path()), {})) {
    if (each.filename().string().starts_with(place.restored.filename().string())) { fs::remove_all(each); }
  }
}

}  // namespace

// The steps are calls of the observer.

TEST_CASE("child: make a backup" * doctest::skip()) {
  const fs::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  Backend<Sqlite> source({.path = (folder / "agents.db").string()});
  support::work_until_killed(
      [&](const auto& end_step) { backup(source, {}, folder / "backup", {.on_progress = end_step}); });
}

TEST_CASE("child: restore a backup" * doctest::skip()) {
  const fs::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  support::work_until_killed([&](const auto& end_step) {
    restore({}, folder / "backup", {.database = folder / "restored.db"}, {.on_progress = end_step});
  });
}

TEST_CASE("child: begin a backup" * doctest::skip()) {
  const fs::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  Backend<Sqlite> source({.path = (folder / "agents.db").string()});
  const BackupObserver wait = [](const BackupProgress& /*progress*/) {
    Parent::tell("!");
    Parent::wait_at_gate();
  };
  backup(source, {}, folder / "backup", {.on_progress = wait});
}

TEST_CASE("fault 3: a backup that is killed is no backup, and leaves the one before as it was") {
  const Place place;
  std::string digest;
  {
    Backend<Sqlite> source(place.config());
    source.migrate();
    fill(source, alice);
    digest = digest_of(source, alice);
  }
  Killer killer("child: make a backup");
  const std::int64_t step = support::size_of_run(9, 1);
  int kills = 0;
  for (std::int64_t calls = 1; killer.kill(settings_for(place), calls); calls += step) {
    ++kills;
    CHECK(code_of([&] { static_cast<void>(verify_backup({}, place.backup)); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { restore({}, place.backup, {.database = place.restored}); }) == ErrorCode::failed_precondition);
    // Those of before are gone; this one can have a journal.
    CHECK(files_below(place.backup, "database-").size() <= 2);
  }
  CHECK(kills > 3);
  // The last child was not killed.
  const auto first = verify_backup({}, place.backup);
  CHECK(first.files == 7);

  std::string checksum = first.checksum;
  for (std::int64_t calls = 1;; calls += step) {
    {
      // Something to copy, and something of the former backup that is needed no more. Always as many files, as each is
      // a further call of the observer: there must be a last one.
      Backend<Sqlite> source(place.config());
      source.artifact_store().remove(alice, "turn " + std::to_string(calls - step), DeleteMode::hard);
      source.artifact_store().put(alice, {.id = "turn " + std::to_string(calls)}, "only now " + std::to_string(calls));
      digest = digest_of(source, alice);
    }
    if (!killer.kill(settings_for(place), calls)) { break; }
    const auto found = verify_backup({}, place.backup);
    CHECK(found.checksum == checksum);
    if (calls % 2 != 0) { continue; }
    Backend<Sqlite> source(place.config());
    checksum = backup(source, {}, place.backup).checksum;
    CHECK(files_below(place.backup, "database-").size() == 1);
  }
  CHECK(verify_backup({}, place.backup).checksum != checksum);
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == digest);
}

TEST_CASE("what a killed backup has kept of removed files leaves the disk with the next removal") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  ChildProcess child("child: begin a backup", settings_for(place));
  child.wait_for_sign();
  source.artifact_store().remove(alice, "large", DeleteMode::hard);
  CHECK(files_below(place.artifacts, ".backup/held").size() == 1);
  child.kill();
  REQUIRE(child.wait_for_kill());
  source.artifact_store().remove(alice, "a1", DeleteMode::hard);
  CHECK(files_below(place.artifacts, ".backup/held").empty());
  CHECK(backup(source, {}, place.backup).files == 5);
}

TEST_CASE("a restore that is killed has no database, and is completed by a repeat") {
  const Place place;
  const std::string digest = back_up(place);
  Killer killer("child: restore a backup");
  const std::int64_t step = support::size_of_run(11, 1);
  int kills = 0;
  // Each goes on with what the one before has left; so what is there changes with each.
  for (std::int64_t calls = 1; killer.kill(settings_for(place), calls); calls += step) {
    ++kills;
    CHECK_FALSE(fs::exists(place.restored));
  }
  CHECK(kills > 3);
  check_restored(place, digest);
  CHECK(files_below(place.root.path(), ".restoring").empty());
}

TEST_CASE("a restore that is killed at any moment has a whole database or none, and a repeat completes it") {
  const Place place;
  const std::string digest = back_up(place);
  Killer killer("child: restore a backup");
  killer.measure(settings_for(place));
  check_restored(place, digest);
  remove_restored(place);
  std::vector<BackupStage> stages;
  const auto note = [&](const BackupProgress& progress) { stages.push_back(progress.stage); };
  restore({}, place.backup, {.database = place.restored}, {.on_progress = note});
  std::map<std::string, int> ends;
  bool twice = false;
  Killer::for_each_kill(8, std::ssize(stages), [&](std::int64_t call) {
    remove_restored(place);
    CHECK((killer.kill(settings_for(place), call) || call == 0));
    CHECK((!fs::exists(place.restored) || call == 0));
    // Every other one is killed again while it goes on.
    twice = !twice;
    if (twice && !fs::exists(place.restored)) { killer.kill(settings_for(place)); }
    const auto again = [&] { return restore({}, place.backup, {.database = place.restored}); };
    if (fs::exists(place.restored)) {
      ++ends["whole"];
      CHECK(code_of(again) == ErrorCode::failed_precondition);
    } else {
      const bool has_begun = !files_below(place.root.path(), "restored.db-artifacts/.restoring-").empty();
      if (call != 0 && stages[static_cast<std::size_t>(call - 1)] != BackupStage::verification) { CHECK(has_begun); }
      const RestoreReport report = again();
      CHECK(report.resumed == has_begun);
      CHECK(report.backup.checksum == verify_backup({}, place.backup).checksum);
      ++ends[report.resumed ? "went on" : "begun anew"];
      CHECK(files_below(place.root.path(), ".restoring").empty());
    }
    check_restored(place, digest);
  });
  CHECK(ends["went on"] >= 2);
  for (const auto& [end, times] : ends) { MESSAGE(end << ": " << times); }
}
