#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/detail/files/plain_file.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

/// POSIX locks belong to a process: closing any descriptor of a file drops all locks that the process holds on it.
/// Whatever a process does while it has a database open, its locks must still hold for other processes. Child processes
/// run the skipped test cases.
namespace {

using namespace std::chrono_literals;
using heddle::ErrorCode;
using support::ChildProcess;
using support::Parent;
using support::saying;

constexpr int saves = 20;

heddle::sqlite::Config config_of(const std::filesystem::path& path, bool wal) {
  // No waiting: a held lock fails the call at once.
  return {.path = path.string(), .wal = wal, .busy_timeout = 0ms};
}

/// Returns the report of a child process that runs this test case on the file.
std::string said_by(const std::string& child, const std::filesystem::path& path, bool wal) {
  ChildProcess process(child, {{"HEDDLE_TEST_PATH", path.string()}, {"HEDDLE_TEST_WAL", wal ? "1" : "0"}});
  std::string said = process.read_to_end();
  CHECK(process.wait());
  return said;
}

heddle::sqlite::Config config_from_parent() {
  return config_of(Parent::setting("HEDDLE_TEST_PATH"), Parent::number("HEDDLE_TEST_WAL") == 1);
}

/// Opens the file in this process again, and closes it.
void open_and_close(const std::filesystem::path& path, bool wal) {
  heddle::Backend<heddle::Sqlite> second(config_of(path, wal));
  second.ping();
}

void expect_refusal(const std::filesystem::path& path) {
  CHECK(support::code_of([&] { static_cast<void>(heddle::describe_file(path)); }) == ErrorCode::failed_precondition);
}

}  // namespace

TEST_CASE("child: open and ping and close" * doctest::skip()) {
  heddle::Backend<heddle::Sqlite> backend(config_from_parent());
  backend.ping();
  Parent::tell("pong");
}

TEST_CASE("child: save a message" * doctest::skip()) {
  try {
    heddle::Backend<heddle::Sqlite> backend(config_from_parent());
    backend.session_storage().save_message({}, "session", saying("of a child"));
    Parent::tell("saved");
  } catch (const heddle::Error& error) { Parent::tell(heddle::to_string(error.code())); }
}

TEST_CASE("child: count messages" * doctest::skip()) {
  const auto config = config_from_parent();
  heddle::Backend<heddle::Sqlite> backend(config);
  const auto found = backend.session_storage().load_messages({}, "session").items.size();
  Parent::tell(std::to_string(found) + " messages" + concurrency::RawConnection(config.path).damage());
}

TEST_CASE("with a write-ahead log the locks of a process stay while it opens and reads the files again") {
  concurrency::FileBackend file;
  const auto save = [&] {
    for (int number = 0; number < saves; ++number) { file.store().save_message({}, "session", saying("x")); }
  };
  save();
  SUBCASE("a second backend") { open_and_close(file.path(), true); }
  SUBCASE("a description of the database") { expect_refusal(file.path()); }
  SUBCASE("a description of its log") { expect_refusal(file.path().string() + "-wal"); }
  SUBCASE("a description of its shared memory") { expect_refusal(file.path().string() + "-shm"); }

  CHECK(said_by("child: open and ping and close", file.path(), true) == "pong");
  save();
  CHECK(said_by("child: count messages", file.path(), true) == std::to_string(2 * saves) + " messages");
  (*file).close();
  CHECK(said_by("child: count messages", file.path(), true) == std::to_string(2 * saves) + " messages");
}

TEST_CASE("with a rollback journal the locks of a transaction stay while the process opens and reads the files again") {
  concurrency::FileBackend file([](heddle::sqlite::Config& config) { config.wal = false; });
  file.store().save_message({}, "session", saying("first"));
  const heddle::Context context;
  const heddle::Call call{context, "user", heddle::Operation::save_message};
  heddle::sqlite::Engine engine(config_of(file.path(), false));
  engine.exclusively(call, [](heddle::sqlite::connection::Connection& connection) {
    connection.execute("CREATE TABLE numbers (number INTEGER)");
    connection.execute("BEGIN IMMEDIATE");
    connection.execute("INSERT INTO numbers VALUES (1)");
  });

  SUBCASE("a second backend") { open_and_close(file.path(), false); }
  SUBCASE("a description of the database") { expect_refusal(file.path()); }
  SUBCASE("a description of its journal") { expect_refusal(file.path().string() + "-journal"); }

  CHECK(said_by("child: save a message", file.path(), false) == "unavailable");
  engine.exclusively(call, [](heddle::sqlite::connection::Connection& connection) { connection.execute("COMMIT"); });
  CHECK(said_by("child: save a message", file.path(), false) == "saved");
  file.store().save_message({}, "session", saying("last"));
  CHECK(said_by("child: count messages", file.path(), false) == "3 messages");
  CHECK(concurrency::RawConnection(file.path()).run("SELECT count(*) FROM numbers") == "1");
}

TEST_CASE("a file of an open database is not described under any of its names") {
  concurrency::FileBackend file;
  const auto beside = [&](const std::string& name) { return file.folder() / name; };
  std::filesystem::create_symlink(file.path(), beside("link"));
  std::filesystem::create_hard_link(file.path(), beside("second name"));
  std::ofstream(beside("other")) << "text";
  for (const auto& path : {file.path(), beside("link"), beside("second name"), file.folder() / "." / "heddle.db"}) {
    CAPTURE(path.string());
    expect_refusal(path);
  }
  CHECK(heddle::describe_file(beside("other")).size_bytes == 4);

  // As long as one of the backends has it open. A file with two names cannot be opened.
  std::filesystem::remove(beside("second name"));
  { heddle::Backend<heddle::Sqlite> through_link({.path = beside("link").string()}); }
  expect_refusal(file.path());
  (*file).close();
  CHECK(heddle::describe_file(beside("link")).size_bytes > 0);

  heddle::Backend<heddle::Sqlite> through_link({.path = beside("link").string()});
  through_link.ping();
  expect_refusal(file.path());
  expect_refusal(file.path().string() + "-wal");
  std::filesystem::rename(file.path(), beside("moved"));
  expect_refusal(beside("moved"));
}

TEST_CASE("opening a database waits while its file is read without SQLite") {
  const support::TemporaryFolder folder;
  const auto path = folder.path() / "heddle.db";
  { heddle::Backend<heddle::Sqlite>({.path = path.string()}).migrate(); }
  std::optional<heddle::detail::files::PlainFile> file(path);
  std::atomic<bool> is_read = true;
  std::jthread opener([&] {
    heddle::Backend<heddle::Sqlite> backend({.path = path.string()});
    CHECK_FALSE(is_read);
  });
  // Long enough to open it, if opening did not wait.
  std::this_thread::sleep_for(100ms);
  is_read = false;
  file.reset();
}
