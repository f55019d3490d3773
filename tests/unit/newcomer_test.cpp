// What newcomers get wrong and the compiler cannot see: the message says what to do. The list of all such mistakes is
// in tests/compile_fail/README.md.
#include "heddle/config/parse.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;
using support::error_of;

namespace {

/// Checks the code and the words of an error.
void check_words(const Error& error, ErrorCode code, const std::string& words) {
  CHECK(error.code() == code);
  CHECK_MESSAGE(std::string(error.what()).find(words) != std::string::npos, error.what());
}

}  // namespace

TEST_CASE("a program without migrate() is told to call it") {
  Backend<Sqlite> backend({.path = ":memory:"});
  check_words(error_of([&] { backend.session_storage().save_session({}, {.id = "s"}); }),
              ErrorCode::failed_precondition, "call migrate() first");
}

TEST_CASE("a program that lost its user is told so") {
  check_words(error_of([] { static_cast<void>(Context::for_user("")); }), ErrorCode::invalid_argument,
              "Context::for_user needs a user");
  Backend<Sqlite> backend({.path = ":memory:", .default_user_id = ""});
  backend.migrate();
  check_words(error_of([&] { static_cast<void>(backend.session_storage().list_sessions({})); }),
              ErrorCode::invalid_argument, "user");
}

TEST_CASE("text that is no JSON object names its member") {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  for (const char* text : {"step 3", "[3]", ""}) {
    check_words(error_of([&] { backend.session_storage().save_session({}, {.id = "s", .context = text}); }),
                ErrorCode::invalid_argument, "session.context");
  }
}

TEST_CASE("a folder, a session or a setting that does not exist is named") {
  const support::TemporaryFolder folder;
  check_words(error_of([&] { const Backend<Sqlite> backend({.path = folder.path() / "none" / "agents.db"}); }),
              ErrorCode::failed_precondition, "none");
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  check_words(error_of([&] { backend.session_storage().save_message({}, "trip", {.content = "Hello"}); }),
              ErrorCode::not_found, "\"trip\"");
  check_words(error_of([] { static_cast<void>(parse_config_json(R"({"sqlite": {"pth": "agents.db"}})")); }),
              ErrorCode::invalid_argument, "pth");
}

TEST_CASE("a closed backend says that it is closed") {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  backend.close();
  check_words(error_of([&] { backend.ping(); }), ErrorCode::failed_precondition, "closed");
}
