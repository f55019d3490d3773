// How a file gets shorter.
#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::error_of;

namespace {

using Embedded = Backend<Sqlite>;

const Context ada = Context::for_user("ada");
/// Longer than a test takes.
constexpr CompactOptions to_the_end{.time = 10min};

/// A file that is to be compacted.
class File {
 public:
  explicit File(bool incremental) {
    config.path = (folder_.path() / "heddle.db").string();
    config.incremental_vacuum = incremental;
    // Nothing writes behind the calls.
    config.indexing = sqlite::Indexing::immediate;
  }

  [[nodiscard]] std::int64_t bytes() const {
    return static_cast<std::int64_t>(std::filesystem::file_size(config.path));
  }
  [[nodiscard]] std::int64_t asked(const std::string& pragma) const {
    return SQLite::Database(config.path).execAndGet("PRAGMA " + pragma).getInt64();
  }

  sqlite::Config config{};

 private:
  support::TemporaryFolder folder_;
};

/// Stores two sessions with so many messages of 20 KB each, and deletes one of them.
void leave_a_gap(Embedded& backend, std::size_t messages = 300) {
  backend.migrate();
  auto& sessions = backend.session_storage();
  for (const std::string session : {"doomed", "kept"}) {
    sessions.save_session(ada, {.id = session});
    sessions.save_messages(ada, session, std::vector<Message>(messages, Message{.content = std::string(20'000, 'x')}));
  }
  REQUIRE(sessions.delete_session(ada, "doomed"));
}

/// Checks that what was kept is there.
void check_kept(Embedded& backend) {
  std::int64_t bytes = 0;
  backend.session_storage().for_each_message(
      ada, "kept", [&](const Message& message) { bytes += static_cast<std::int64_t>(message.content.size()); });
  CHECK(bytes == 6'000'000);
}

constexpr std::int64_t gap = 5'000'000;

}  // namespace

TEST_CASE("a file with a map of its pages gets shorter step by step") {
  const File file(true);
  Embedded backend(file.config);
  leave_a_gap(backend);
  CHECK(file.asked("auto_vacuum") == 2);
  const CompactReport first = backend.compact({}, {.time = 0ms});
  CHECK(first.freed_bytes > 0);
  CHECK(first.freed_bytes < gap);
  CHECK(first.unused_bytes > 0);
  const CompactReport rest = backend.compact({}, to_the_end);
  CHECK(first.freed_bytes + rest.freed_bytes > gap);
  CHECK(rest.unused_bytes == 0);
  CHECK(rest.file_is_shorter);
  CHECK(file.bytes() == file.asked("page_count") * file.asked("page_size"));
  check_kept(backend);
  CHECK(backend.compact({}, to_the_end).unused_bytes == 0);
  backend.close();
  CHECK(SQLite::Database(file.config.path).execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("another file is compacted in full once, and says so before") {
  File file(false);
  {
    Embedded backend(file.config);
    leave_a_gap(backend);
    CHECK(file.asked("auto_vacuum") == 0);
    const std::int64_t pages = file.asked("page_count");
    const Error refusal = error_of([&] { backend.compact(); });
    CHECK(refusal.code() == ErrorCode::failed_precondition);
    CHECK(std::string(refusal.what()).find("bytes that it does not use") != std::string::npos);
    CHECK(file.asked("page_count") == pages);
  }
  file.config.incremental_vacuum = true;
  Embedded backend(file.config);
  CHECK(code_of([&] { backend.compact(); }) == ErrorCode::failed_precondition);
  const CompactReport report = backend.compact({}, {.full = true});
  CHECK(report.freed_bytes > gap);
  CHECK(report.unused_bytes == 0);
  CHECK(report.file_is_shorter);
  CHECK(file.asked("auto_vacuum") == 2);
  check_kept(backend);
  backend.session_storage().delete_session(ada, "kept");
  CHECK(backend.compact({}, to_the_end).freed_bytes > gap);
}

TEST_CASE("a full compaction makes a map of the pages only if the configuration says so") {
  const File file(false);
  Embedded backend(file.config);
  leave_a_gap(backend);
  CHECK(backend.compact({}, {.full = true}).freed_bytes > gap);
  CHECK(file.asked("auto_vacuum") == 0);
  check_kept(backend);
  // Nothing is unused, so nothing is refused.
  CHECK(backend.compact().freed_bytes == 0);
}

TEST_CASE("a reader keeps a file from getting shorter until it has ended") {
  const File file(true);
  Embedded backend(file.config);
  leave_a_gap(backend);
  const std::int64_t before = file.bytes();
  backend.session_storage().for_each_message(ada, "kept", [&](const Message& /*message*/) {
    CHECK_FALSE(backend.compact({}, to_the_end).file_is_shorter);
    CHECK(file.bytes() >= before);
    return false;
  });
  check_kept(backend);
  CHECK(backend.compact({}, {.full = true}).file_is_shorter);
  CHECK(file.bytes() == file.asked("page_count") * file.asked("page_size"));
}

TEST_CASE("a compaction ends with its context, and a handle and a database in memory have it, too") {
  // What is behind with the index keeps deleted texts for it.
  Embedded in_memory({.path = ":memory:", .indexing = sqlite::Indexing::immediate});
  leave_a_gap(in_memory);
  CHECK(code_of([&] { in_memory.compact(Context{}.with_timeout(-1s)); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { in_memory.compact({}, {.time = -1ms}); }) == ErrorCode::invalid_argument);
  CHECK(in_memory.compact({}, to_the_end).freed_bytes > gap);
  check_kept(in_memory);

  const File file(false);
  auto storage = AnyBackend::make<Embedded>(file.config);
  storage.migrate();
  const auto compactor = compaction(storage);
  REQUIRE(compactor);
  CHECK(compactor->compact({}, {.full = true}).unused_bytes == 0);
}

TEST_CASE("the log stays short while a file gets shorter step by step") {
  const File file(true);
  {
    // The log that this makes goes with it.
    Embedded backend(file.config);
    leave_a_gap(backend, 1'000);
  }
  Embedded backend(file.config);
  const auto log_bytes = [&] {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(file.config.path + "-wal", none);
    return none ? std::uintmax_t{0} : bytes;
  };
  // All pages of the session that is kept are moved, and some are in the log: 1,000 and those of a step.
  constexpr std::uintmax_t moved = 20'000'000;
  std::uintmax_t longest = 0;
  {
    const std::jthread watch([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) { longest = std::max(longest, log_bytes()); }
    });
    backend.compact({}, to_the_end);
  }
  CHECK(longest > 0);
  CHECK(longest < moved / 2);
}
