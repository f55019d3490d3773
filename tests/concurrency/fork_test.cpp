#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using support::saying;

TEST_CASE("a forked child neither opens the database of its parent again nor harms it by destroying the backend") {
  concurrency::FileBackend file;
  auto backend = std::make_unique<heddle::Backend<heddle::Sqlite>>(heddle::sqlite::Config{.path = file.path()});
  backend->session_storage().save_message({}, "session", saying("before"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(120);
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

TEST_CASE("a child that is forked while messages are indexed can use another database") {
  concurrency::FileBackend file;
  const std::vector<heddle::Message> many(2000, saying("a message with some words to index"));
  for (int child_number = 0; child_number < 30; ++child_number) {
    CAPTURE(child_number);
    file.store().save_messages({}, "session", many);
    // Into the turns of the index, which begin 20 ms after the save.
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + child_number % 10));
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(120);
      heddle::Backend<heddle::Sqlite> other({.path = file.path().string() + ".other"});
      other.migrate();
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}
