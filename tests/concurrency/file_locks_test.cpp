#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>

/// POSIX locks belong to a process: closing any descriptor of a file drops all locks that the process holds on it.
/// Whatever a process does beside an open database, another process must find the locks in place. A skipped test case
/// is what a child process runs.
namespace {

using namespace std::chrono_literals;
using support::ChildProcess;
using support::Parent;
using support::saying;

constexpr int saves = 20;

heddle::sqlite::Config config_of(const std::filesystem::path& path, bool wal) {
  // A lock that is held is seen at once.
  return {.path = path.string(), .wal = wal, .busy_timeout = 0ms};
}

/// What a child process that runs this test case on the file says.
std::string said_by(const std::string& child, const std::filesystem::path& path, bool wal) {
  ChildProcess process(child, {{"HEDDLE_TEST_PATH", path.string()}, {"HEDDLE_TEST_WAL", wal ? "1" : "0"}});
  std::string said = process.read_to_end();
  CHECK(process.wait());
  return said;
}

heddle::sqlite::Config config_from_parent() {
  return config_of(Parent::setting("HEDDLE_TEST_PATH"), Parent::number("HEDDLE_TEST_WAL") == 1);
}

/// Opens the file in this process once more, and closes it.
void open_and_close(const std::filesystem::path& path, bool wal) {
  heddle::Backend<heddle::Sqlite> second(config_of(path, wal));
  second.ping();
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

TEST_CASE("with a write-ahead log the locks of a process outlive what it does beside its open database") {
  concurrency::FileBackend file;
  const auto save = [&] {
    for (int number = 0; number < saves; ++number) { file.store().save_message({}, "session", saying("x")); }
  };
  save();
  SUBCASE("a second backend") { open_and_close(file.path(), true); }

  CHECK(said_by("child: open and ping and close", file.path(), true) == "pong");
  save();
  CHECK(said_by("child: count messages", file.path(), true) == std::to_string(2 * saves) + " messages");
  (*file).close();
  CHECK(said_by("child: count messages", file.path(), true) == std::to_string(2 * saves) + " messages");
}

TEST_CASE("with a rollback journal the locks of a transaction outlive what its process does meanwhile") {
  concurrency::FileBackend file([](heddle::sqlite::Config& config) { config.wal = false; });
  file.store().save_message({}, "session", saying("first"));
  const heddle::Context context;
  const heddle::Call call{context, "user", "test"};
  heddle::sqlite::Engine engine(config_of(file.path(), false));
  engine.exclusively(call, [](heddle::sqlite::Connection& connection) {
    connection.execute("CREATE TABLE numbers (number INTEGER)");
    connection.execute("BEGIN IMMEDIATE");
    connection.execute("INSERT INTO numbers VALUES (1)");
  });

  SUBCASE("a second backend") { open_and_close(file.path(), false); }

  CHECK(said_by("child: save a message", file.path(), false) == "unavailable");
  engine.exclusively(call, [](heddle::sqlite::Connection& connection) { connection.execute("COMMIT"); });
  CHECK(said_by("child: save a message", file.path(), false) == "saved");
  file.store().save_message({}, "session", saying("last"));
  CHECK(said_by("child: count messages", file.path(), false) == "3 messages");
  CHECK(concurrency::RawConnection(file.path()).run("SELECT count(*) FROM numbers") == "1");
}
