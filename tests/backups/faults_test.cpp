#include "backups/place.hpp"
#include "crash/faulty_calls.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

/// Every call on the files of a backup or a restore fails once in turn, or is the last one of a process that is killed
/// there. What is left is never taken for whole if it is not, and a repeat completes it.
using namespace heddle;
using namespace backups;
using crash::CallFault;
using crash::FaultyCalls;
using crash::survives;
namespace fs = std::filesystem;

namespace {

/// Few files, as every call on them has its turn.
class Scenario {
 public:
  Scenario() {
    Backend<Sqlite> source(place_.config());
    source.migrate();
    auto& store = source.artifact_store();
    store.put(alice, {.id = "first"}, "the first bytes");
    store.put(alice, {.id = "gone"}, "bytes that only the first backup has");
    first_ = backup(source, {}, place_.backup).checksum;
    store.put(alice, {.id = "second"}, std::string(300'000, 's'));
    store.remove(alice, "gone", DeleteMode::hard);
    source.session_storage().save_session(alice, {.id = "s"});
    source.session_storage().save_message(alice, "s", {.content = "words"});
    digest_ = digest_of(source, alice);
  }

  void back_up() const {
    Backend<Sqlite> source(place_.config());
    attempt([&] { backup(source, {}, place_.backup); });
  }
  /// Makes the backup that `restore` restores.
  void prepare_restore() const {
    Backend<Sqlite> source(place_.config());
    backup(source, {}, place_.backup);
  }
  void restore() const {
    attempt([&] { heddle::restore({}, place_.backup, {.database = place_.restored}); });
  }

  /// The folder has the backup of before or the new one, whole, and makes the next.
  void check_backup() const {
    const std::string found = verify_backup({}, place_.backup).checksum;
    if (found == first_) {
      CHECK(heddle::restore({}, place_.backup, {.database = place_.root.path() / "first.db"}).backup.files == 2);
    } else {
      check_copy(place_.root.path() / "second.db", true);
    }
    Backend<Sqlite> source(place_.config());
    CHECK(backup(source, {}, place_.backup).files == 2);
    CHECK_FALSE(fs::exists(place_.artifacts / ".backup/held"));
    CHECK(files_below(place_.backup, "database-").size() == 1);
    CHECK(files_below(place_.backup, "files-").size() == 1);
    CHECK(objects_of(place_.backup).size() == 2);
    check_copy(place_.root.path() / "last.db", true);
  }

  /// There is a whole database, or none, and a repeat makes it.
  void check_restore() const {
    const bool is_there = fs::exists(place_.restored);
    check_copy(place_.restored, !is_there);
    if (!is_there) { CHECK(files_below(place_.root.path(), ".restoring").empty()); }
  }

 private:
  void check_copy(const fs::path& database, bool must_restore) const {
    if (must_restore) { heddle::restore({}, place_.backup, {.database = database}); }
    Backend<Sqlite> copy({.path = database.string()});
    CHECK(digest_of(copy, alice) == digest_);
    for (const char* id : {"first", "second"}) {
      CHECK(copy.artifact_store().verify(alice, id) == ContentState::intact);
    }
  }

  static void attempt(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      // A fault of the disk is neither the caller's nor Heddle's, and no damage.
      const ErrorCode code = error.code();
      const bool is_of_disk = code == ErrorCode::unavailable || code == ErrorCode::permission_denied ||
                              code == ErrorCode::resource_exhausted;
      CHECK_MESSAGE(is_of_disk, std::string(error.what()));
    }
  }

  Place place_;
  std::string first_{};
  std::string digest_{};
};

/// Makes a fault at each call, or, but in a long run, at every `step`th one.
int at_each_call(CallFault fault, int step, const std::function<bool(const CallFault&)>& strikes) {
  int struck = 0;
  for (; strikes(fault); fault.at += static_cast<int>(support::size_of_run(step, 1))) { ++struck; }
  return struck;
}

}  // namespace

TEST_CASE("every call on the files of a backup or a restore that fails is reported, and a repeat succeeds") {
  for (const auto& kind : crash::failing_calls()) {
    CAPTURE(kind.first);
    const int backups = at_each_call(kind.second, 23, [](const CallFault& fault) {
      CAPTURE(fault.at);
      const Scenario scenario;
      FaultyCalls::all().inject(fault);
      scenario.back_up();
      const bool struck = FaultyCalls::all().heal();
      scenario.check_backup();
      return struck;
    });
    const int restores = at_each_call(kind.second, 23, [](const CallFault& fault) {
      CAPTURE(fault.at);
      const Scenario scenario;
      scenario.prepare_restore();
      FaultyCalls::all().inject(fault);
      scenario.restore();
      const bool struck = FaultyCalls::all().heal();
      scenario.check_restore();
      return struck;
    });
    CHECK(backups > 3);
    CHECK(restores > 3);
  }
}

TEST_CASE("fault 3: a process killed at any call on the files of a backup leaves the one before, or the new one") {
  int kills = 0;
  for (const bool done_first : {false, true}) {
    kills += at_each_call({.done_first = done_first, .kill = true}, 17, [](const CallFault& fault) {
      CAPTURE(fault.at);
      const Scenario scenario;
      const bool killed = !survives([&] {
        FaultyCalls::all().inject(fault);
        scenario.back_up();
      });
      scenario.check_backup();
      return killed;
    });
  }
  CHECK(kills > 10);
}

TEST_CASE("a process that is killed at any call on the files of a restore leaves a whole database, or none") {
  int kills = 0;
  for (const bool done_first : {false, true}) {
    kills += at_each_call({.done_first = done_first, .kill = true}, 17, [](const CallFault& fault) {
      CAPTURE(fault.at);
      const Scenario scenario;
      scenario.prepare_restore();
      const bool killed = !survives([&] {
        FaultyCalls::all().inject(fault);
        scenario.restore();
      });
      scenario.check_restore();
      return killed;
    });
  }
  CHECK(kills > 10);
}
