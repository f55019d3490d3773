#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;
using support::code_of;
using support::RawDatabase;

TEST_CASE("fault 2: a session that cannot be read is an error, not a missing session") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  Backend<Sqlite> backend({.path = file});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "s"});
  store.save_message({}, "s", {.content = "kept"});
  const auto damaged = [&](const std::string& change) {
    RawDatabase(file).execute("UPDATE messages SET " + change);
    CHECK(code_of([&] { (void)store.load_session({}, "s"); }) == ErrorCode::data_loss);
    CHECK(code_of([&] { (void)store.load_messages({}, "s"); }) == ErrorCode::data_loss);
    RawDatabase(file).execute("UPDATE messages SET role = 'user', tool_calls = NULL");
  };
  damaged("role = 'nobody'");
  damaged("tool_calls = 'not json'");
  damaged("tool_calls = '{}'");
  CHECK(store.load_session({}, "s")->messages.items.front().content == "kept");
}

TEST_CASE("fault 2: a damaged file is an error") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  {
    Backend<Sqlite> backend({.path = file});
    backend.migrate();
    backend.session_storage().save_session({}, {.id = "s"});
  }
  RawDatabase raw(file);
  raw.execute("PRAGMA writable_schema = ON");
  raw.execute("UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'sessions'");
  CHECK(code_of([&] {
          Backend<Sqlite> backend({.path = file});
          static_cast<void>(backend.session_storage().load_session({}, "s"));
        }) == ErrorCode::data_loss);
}
