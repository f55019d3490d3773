#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "support/ledger.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using support::saying;

TEST_CASE("while a file of a database is closed, no other backend of the process locks the database") {
  crash::FaultyVfs disk;
  const support::TemporaryFolder folder;
  const heddle::sqlite::Config config{.path = (folder.path() / "heddle.db").string(), .wal = false};
  heddle::Backend<heddle::Sqlite> backend(config);
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "session"});
  std::optional<heddle::Backend<heddle::Sqlite>> second(std::in_place, config);

  std::atomic<bool> is_saved{false};
  bool was_saved_meanwhile = false;
  std::jthread writer;
  disk.watch_closings([&](const std::string& path) {
    if (path != config.path || writer.joinable()) { return; }
    writer = std::jthread([&] {
      backend.session_storage().save_message({}, "session", saying("x"));
      is_saved = true;
    });
    // Long enough to save, if closing did not keep the thread from it.
    std::this_thread::sleep_for(200ms);
    was_saved_meanwhile = is_saved;
  });
  second.reset();
  REQUIRE(writer.joinable());
  writer.join();
  disk.watch_closings({});
  CHECK(is_saved);
  CHECK_FALSE(was_saved_meanwhile);
}
