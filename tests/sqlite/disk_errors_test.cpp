#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// What a system that refuses or has no space left is reported as.
using namespace heddle;

namespace {

constexpr uid_t nobody = 65534;

/// Returns the report of `work`, run in a forked child: for what can only be changed for a whole process.
std::string said_in_child(const std::function<std::string()>& work) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string report = work();
    ::_exit(::write(pipe[1], report.data(), report.size()) < 0 ? 1 : 0);
  }
  ::close(pipe[1]);
  std::string report;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    report.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return report;
}

/// Returns the code of the error that `action` throws, whether it can be retried, and its message.
std::string report_of(const std::function<void()>& action) {
  try {
    action();
    return "no error";
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + (error.retryable() ? " (retryable): " : ": ") + error.what();
  }
}

/// Returns the report of `action`, run by a user without rights on the files of others.
std::string said_by_nobody(const std::function<void()>& action) {
  return said_in_child([&] {
    if (::geteuid() == 0 && ::seteuid(nobody) != 0) { return std::string("cannot become nobody"); }
    return report_of(action);
  });
}

struct Place {
  support::TemporaryFolder outer;
  std::filesystem::path folder = outer.path() / "folder";
  std::string database = (folder / "heddle.db").string();

  Place() {
    std::filesystem::create_directory(folder);
    REQUIRE(::chmod(outer.path().c_str(), 0755) == 0);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Place(Place&&) = delete;
  Place& operator=(Place&&) = delete;
  ~Place() { ::chmod(folder.c_str(), 0700); }

  void make_database() const {
    Backend<Sqlite> backend({.path = database});
    backend.migrate();
    backend.session_storage().save_session({}, {.id = "s"});
  }
};

void check_denied(const std::string& said, const std::string& path) {
  CAPTURE(said);
  CHECK(said.starts_with("permission_denied: "));
  CHECK(said.find(path) != std::string::npos);
}

}  // namespace

TEST_CASE("a folder or a file without permission is permission_denied, not retryable, and named") {
  bool wal = true;
  SUBCASE("with a write-ahead log") { wal = true; }
  SUBCASE("with a rollback journal") { wal = false; }
  CAPTURE(wal);
  Place place;
  const auto open = [&] { Backend<Sqlite>({.path = place.database, .wal = wal}).migrate(); };
  SUBCASE("a new file in a folder that may not be written") {
    REQUIRE(::chmod(place.folder.c_str(), 0555) == 0);
    check_denied(said_by_nobody(open), place.database);
  }
  SUBCASE("a folder that may not be entered") {
    place.make_database();
    REQUIRE(::chmod(place.folder.c_str(), 0000) == 0);
    check_denied(said_by_nobody(open), place.database);
  }
  SUBCASE("a file that may not be read") {
    place.make_database();
    REQUIRE(::chmod(place.folder.c_str(), 0755) == 0);
    REQUIRE(::chmod(place.database.c_str(), 0000) == 0);
    check_denied(said_by_nobody(open), place.database);
  }
  SUBCASE("a file that may only be read, in a folder that may be written") {
    place.make_database();
    REQUIRE(::chmod(place.folder.c_str(), 0777) == 0);
    REQUIRE(::chmod(place.database.c_str(), 0444) == 0);
    check_denied(said_by_nobody([&] {
                   Backend<Sqlite> backend({.path = place.database, .wal = wal});
                   backend.session_storage().save_message({}, "s", {.content = "x"});
                 }),
                 place.database);
  }
  SUBCASE("a file that may be written, in a folder that may only be read") {
    place.make_database();
    REQUIRE(::chmod(place.database.c_str(), 0666) == 0);
    REQUIRE(::chmod(place.folder.c_str(), 0555) == 0);
    check_denied(said_by_nobody([&] {
                   Backend<Sqlite> backend({.path = place.database, .wal = wal});
                   backend.session_storage().save_message({}, "s", {.content = "x"});
                 }),
                 place.database);
  }
  SUBCASE("the folder of a backup, and one that may not even be entered") {
    for (const mode_t mode : {mode_t{0555}, mode_t{0}}) {
      CAPTURE(mode);
      const support::TemporaryFolder own;
      REQUIRE(::chmod(own.path().c_str(), 0777) == 0);
      REQUIRE(::chmod(place.folder.c_str(), mode) == 0);
      check_denied(said_by_nobody([&] {
                     Backend<Sqlite> backend({.path = (own.path() / "heddle.db").string()});
                     backend.migrate();
                     backend.back_up({}, place.folder / "backup.db");
                   }),
                   (place.folder / "backup.db").string());
    }
  }
}

TEST_CASE("a database that may not grow is resource_exhausted and names the disk and the file") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::sqlite::Engine engine({.path = path});
  const Context context;
  const Call call{context, "user", Operation::save_message};
  const Error error = support::error_of([&] {
    engine.exclusively(call, [](heddle::sqlite::connection::Connection& connection) {
      connection.execute("CREATE TABLE t (x)");
      connection.execute("PRAGMA max_page_count = 10");
      connection.execute("INSERT INTO t VALUES (zeroblob(1000000))");
    });
  });
  CHECK(error.code() == ErrorCode::resource_exhausted);
  CHECK_FALSE(error.retryable());
  CHECK(std::string(error.what()).find("disk") != std::string::npos);
  CHECK(std::string(error.what()).find(path) != std::string::npos);
}

TEST_CASE("a limit of the size of files is resource_exhausted and names the disk and the file, at any size") {
  for (const bool wal : {true, false}) {
    for (const rlim_t kib : {16U, 32U, 48U, 300U}) {
      CAPTURE(wal);
      CAPTURE(kib);
      const support::TemporaryFolder folder;
      const std::string path = (folder.path() / "heddle.db").string();
      const std::string said = said_in_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{kib * 1024, kib * 1024};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) { return std::string("no limit"); }
        return report_of([&] {
          Backend<Sqlite> backend({.path = path, .wal = wal});
          backend.migrate();
          backend.session_storage().save_session({}, {.id = "s"});
          for (int number = 0; number < 1000; ++number) {
            backend.session_storage().save_message({}, "s", {.content = std::string(1000, 'x')});
          }
        });
      });
      CAPTURE(said);
      CHECK(said.starts_with("resource_exhausted"));
      CHECK(said.find("disk") != std::string::npos);
      CHECK(said.find(path) != std::string::npos);
    }
  }
}

TEST_CASE("a process that gives up its rights on the folder after it has opened the database goes on writing") {
  const Place place;
  place.make_database();
  const std::string said = said_in_child([&] {
    Backend<Sqlite> backend({.path = place.database});
    backend.session_storage().save_message({}, "s", {.content = "before"});
    if (::chmod(place.folder.c_str(), 0700) != 0) { return std::string("no chmod"); }
    if (::geteuid() == 0 && ::seteuid(nobody) != 0) { return std::string("cannot become nobody"); }
    return report_of([&] { backend.session_storage().save_message({}, "s", {.content = "after"}); });
  });
  CHECK(said == "no error");
  Backend<Sqlite> backend({.path = place.database});
  CHECK(backend.session_storage().load_messages({}, "s").items.size() == 2);
}
