#include "backups/place.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

/// A process is killed while it makes or restores a backup. What it leaves is never taken for a whole one, and a repeat
/// completes it.
using namespace heddle;
using namespace backups;
using support::ChildProcess;
using support::code_of;
using support::Parent;
namespace fs = std::filesystem;

namespace {

/// Signals and waits to be killed when the observer is called for this time.
class Stopper {
 public:
  [[nodiscard]] BackupObserver observer() {
    return [this](const BackupProgress& /*progress*/) {
      if (++calls_ != limit_) { return; }
      Parent::tell("!");
      Parent::wait_at_gate();
    };
  }

 private:
  int calls_ = 0;
  int limit_ = Parent::number("HEDDLE_TEST_CALLS");
};

/// Starts a child, and kills it when its observer is called for the `calls`th time; returns false if it was called less
/// often: then the child has ended.
bool kill_at_call(const std::string& test_case, const Place& place, int calls) {
  ChildProcess child(
      test_case, {{"HEDDLE_TEST_FOLDER", place.root.path().string()}, {"HEDDLE_TEST_CALLS", std::to_string(calls)}});
  if (child.read_sign() == '.') {
    CHECK(child.wait());
    return false;
  }
  child.kill();
  CHECK(child.wait_for_kill());
  return true;
}

}  // namespace

TEST_CASE("child: make a backup" * doctest::skip()) {
  const fs::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  Backend<Sqlite> source({.path = (folder / "agents.db").string()});
  Stopper stopper;
  backup(source, {}, folder / "backup", {.on_progress = stopper.observer()});
  Parent::tell(".");
}

TEST_CASE("child: restore a backup" * doctest::skip()) {
  const fs::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  Stopper stopper;
  restore({}, folder / "backup", {.database = folder / "restored.db"}, {.on_progress = stopper.observer()});
  Parent::tell(".");
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
  const int step = static_cast<int>(support::size_of_run(9, 1));
  int kills = 0;
  for (int calls = 1; kill_at_call("child: make a backup", place, calls); calls += step) {
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
  for (int calls = 1;; calls += step) {
    {
      // Something to copy, and something of the former backup that is needed no more. Always as many files, as each is
      // a further call of the observer: there must be a last one.
      Backend<Sqlite> source(place.config());
      source.artifact_store().remove(alice, "turn " + std::to_string(calls - step), DeleteMode::hard);
      source.artifact_store().put(alice, {.id = "turn " + std::to_string(calls)}, "only now " + std::to_string(calls));
      digest = digest_of(source, alice);
    }
    if (!kill_at_call("child: make a backup", place, calls)) { break; }
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
  ChildProcess child("child: make a backup",
                     {{"HEDDLE_TEST_FOLDER", place.root.path().string()}, {"HEDDLE_TEST_CALLS", "1"}});
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
  std::string digest;
  {
    Backend<Sqlite> source(place.config());
    source.migrate();
    fill(source, alice);
    digest = digest_of(source, alice);
    backup(source, {}, place.backup);
  }
  const int step = static_cast<int>(support::size_of_run(11, 1));
  int kills = 0;
  // Each goes on with what the one before has left; so what is there changes with each.
  for (int calls = 1; kill_at_call("child: restore a backup", place, calls); calls += step) {
    ++kills;
    CHECK_FALSE(fs::exists(place.restored));
  }
  CHECK(kills > 3);
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == digest);
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
  CHECK(copy.artifact_store().sweep_orphans(alice, std::chrono::seconds(0)) == 0);
  CHECK(support::RawDatabase(place.restored.string()).text("PRAGMA integrity_check") == "ok");
  CHECK(files_below(place.root.path(), ".restoring").empty());
}
