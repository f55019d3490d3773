#include "crash/disk_faults.hpp"
#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// A disk that fails at SQLite's requests while a file gets shorter step by step: the call reports it, nothing is lost,
/// and a repetition goes on.
namespace {

using crash::FaultyVfs;
using heddle::Backend;
using heddle::Sqlite;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

const heddle::Context ada = heddle::Context::for_user("ada");
/// Longer than a test takes.
constexpr heddle::CompactOptions to_the_end{.time = 10min};
constexpr std::int64_t size_of_message = 20'000;
constexpr int messages = 20;
/// Of more than two steps: each frees 2 MiB at most.
constexpr std::int64_t gap = 5'000'000;

std::string text(int number) {
  return std::string(static_cast<std::size_t>(size_of_message), static_cast<char>('a' + number));
}

heddle::sqlite::Config config(const fs::path& place) {
  heddle::sqlite::Config config = crash::config_of_requests(place);
  config.incremental_vacuum = true;
  return config;
}

/// Makes a file of which more than half is unused: pages behind the gap are in use.
void leave_a_gap(const fs::path& place) {
  Backend<Sqlite> backend(config(place));
  backend.migrate();
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "doomed"});
  sessions.save_messages(
      ada, "doomed",
      std::vector<heddle::Message>(static_cast<std::size_t>(gap / size_of_message), {.content = text(0)}));
  sessions.save_session(ada, {.id = "kept"});
  for (int number = 0; number < messages; ++number) { sessions.save_message(ada, "kept", {.content = text(number)}); }
  REQUIRE(sessions.delete_session(ada, "doomed"));
}

void check_kept(Backend<Sqlite>& backend) {
  int number = 0;
  backend.session_storage().for_each_message(
      ada, "kept", [&](const heddle::Message& message) { CHECK((message.content == text(number++))); });
  CHECK(number == messages);
}

/// Returns nothing if the call has reported a failure.
std::optional<heddle::CompactReport> compact(Backend<Sqlite>& backend) {
  try {
    return backend.compact({}, to_the_end);
  } catch (const heddle::Error& error) {
    crash::check_of_disk(error);
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("a file that gets shorter on a disk that fails loses nothing, and a repetition goes on") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  const fs::path source = folder.path() / "source";
  const fs::path place = folder.path() / "place";
  fs::create_directories(source);
  leave_a_gap(source);
  int failures = 0;
  int parts = 0;
  int round = 0;
  crash::fail_in_turn(source, place, 1, [&](const crash::Fault& fault) {
    std::optional<Backend<Sqlite>> backend(config(place));
    check_kept(*backend);
    disk.inject(fault);
    const auto report = compact(*backend);
    const bool has_struck = disk.heal();
    failures += report ? 0 : 1;
    if (!has_struck) { CHECK(report); }
    // The same backend goes on, or another one.
    if (++round % 2 == 0) {
      backend.reset();
      backend.emplace(config(place));
    }
    check_kept(*backend);
    const auto rest = compact(*backend);
    REQUIRE(rest);
    CHECK(rest->unused_bytes == 0);
    CHECK(rest->file_is_shorter);
    if (!report && rest->freed_bytes > 0 && rest->freed_bytes < gap) { ++parts; }
    check_kept(*backend);
    backend.reset();
    support::RawDatabase raw(config(place).path);
    CHECK(raw.text("PRAGMA integrity_check") == "ok");
    CHECK(raw.integer("PRAGMA freelist_count") == 0);
    CHECK(static_cast<std::int64_t>(fs::file_size(config(place).path)) ==
          raw.integer("PRAGMA page_count") * raw.integer("PRAGMA page_size"));
    CHECK(fs::file_size(config(place).path) < fs::file_size(config(source).path));
    return has_struck;
  });
  MESSAGE("failed: " << failures << ", of which a part was freed: " << parts);
  CHECK(failures > 20);
  CHECK(parts > 0);
}
