#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

using support::saying;

TEST_CASE("a forked child neither opens the database of its parent again nor harms it by destroying the backend") {
  concurrency::FileBackend file;
  auto backend = std::make_unique<heddle::Backend<heddle::Sqlite>>(heddle::sqlite::Config{.path = file.path()});
  backend->session_storage().save_message({}, "session", saying("before"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    backend.reset();
    bool refused = false;
    try {
      heddle::Backend<heddle::Sqlite> again({.path = file.path()});
    } catch (const heddle::Error& error) {
      refused = error.code() == heddle::ErrorCode::failed_precondition &&
                std::string(error.what()).find("forked") != std::string::npos;
    }
    // Another file can be opened.
    heddle::Backend<heddle::Sqlite> other({.path = file.path().string() + ".other"});
    other.migrate();
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(backend->session_storage().save_message({}, "session", saying("after")) == 2);
  CHECK(concurrency::RawConnection(file.path()).damage() == "");
}
