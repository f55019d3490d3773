#include "heddle/sqlite.hpp"
#include "support/files_with.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::files_with;

namespace {

std::string marker(int number) { return "zanzibar7788x" + std::to_string(number); }

/// Stores the marker wherever a session can have text.
template <class B>
void fill(B& backend, const std::string& session) {
  auto& store = backend.session_storage();
  const std::string text = "before " + marker(0) + " behind";
  store.save_session({}, {.id = session, .name = text, .context = R"({"a": ")" + text + "\"}"});
  for (int number = 0; number < 100; ++number) {
    store.save_message({}, session, {.content = marker(number) + std::string(300, ' ') + marker(number)});
  }
  store.save_message({}, session, {.content = marker(0) + std::string(20000, ' ') + marker(0)});
  store.save_tool_execution({}, session, {.tool_name = text, .error = text});
  store.save_snapshot({}, {.session_id = session, .content = text});
  store.fold_messages({}, session, {1, 9}, {.content = text});
  backend.error_store().store({}, {.session_id = session, .raw_error = text});
  backend.artifact_store().index({}, {.name = text, .purpose = text, .session_id = session});
  backend.human_request_store().store({}, {.session_id = session, .question = text});
}

}  // namespace

TEST_CASE("with secure_delete no deleted text is left in the files") {
  for (const bool wal : {true, false}) {
    CAPTURE(wal);
    const support::TemporaryFolder folder;
    const sqlite::Config config{.path = (folder.path() / "heddle.db").string(), .wal = wal, .secure_delete = true};
    {
      Backend<Sqlite> backend(config);
      backend.migrate();
      auto& store = backend.session_storage();
      store.save_session({}, {.id = "kept"});
      for (int number = 0; number < 100; ++number) {
        store.save_message({}, "kept", {.content = "other words " + std::to_string(number)});
      }
      fill(backend, "doomed");
      REQUIRE_FALSE(files_with(folder.path(), "zanzibar7788").empty());
      CHECK(store.delete_session({}, "doomed"));

      CHECK(store.search_messages({}, {.query = marker(7)}).items.empty());
      if (wal) {
        // The words of the index leave it behind the calls.
        while (backend.details().owed->erasure) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
      } else {
        backend.scrub();
      }
      // A write that no read is beside, not even one of the thread of the index, starts the log anew, also while the
      // database is open.
      for (int number = 0; number < 3 || (number < 100 && !files_with(folder.path(), "zanzibar7788").empty());
           ++number) {
        store.save_message({}, "kept", {.content = "next"});
      }
      CHECK(files_with(folder.path(), "zanzibar7788") == std::vector<std::string>{});
      CHECK(store.search_messages({}, {.query = "words"}).items.size() > 0);
    }
    CHECK(files_with(folder.path(), "zanzibar7788") == std::vector<std::string>{});
  }
}

TEST_CASE("with secure_delete a read that was under way does not leave the deleted text in the log") {
  const support::TemporaryFolder folder;
  Backend<Sqlite> backend({.path = (folder.path() / "heddle.db").string(), .secure_delete = true});
  backend.migrate();
  auto& store = backend.session_storage();
  for (const char* const session : {"kept", "doomed"}) { store.save_session({}, {.id = session}); }
  store.save_message({}, "kept", {.content = "other words"});
  store.save_message({}, "doomed", {.content = marker(1)});
  CHECK(store.delete_session({}, "doomed"));
  // Behind the deletion, so that all of the log can be copied; but it cannot start anew.
  store.for_each_message({}, "kept", [&](const Message&) { store.save_message({}, "kept", {.content = "next"}); });
  for (int number = 0; number < 2; ++number) { store.save_message({}, "kept", {.content = "next"}); }
  CHECK(files_with(folder.path(), "zanzibar7788") == std::vector<std::string>{});
}

TEST_CASE("with secure_delete a replaced text is not left in the files either") {
  const support::TemporaryFolder folder;
  {
    Backend<Sqlite> backend({.path = (folder.path() / "heddle.db").string(), .secure_delete = true});
    backend.migrate();
    const std::string id = backend.artifact_store().index({}, {.name = "a", .purpose = marker(1)});
    CHECK(backend.artifact_store().update({}, id, {.purpose = "another"}));
    backend.session_storage().save_session({}, {.id = "s", .name = marker(2)});
    backend.session_storage().update_session({}, "s", {.name = "another"});
  }
  CHECK(files_with(folder.path(), "zanzibar7788") == std::vector<std::string>{});
}

TEST_CASE("with secure_delete a deletion does not write the whole index, and says what is owed of its words") {
  const support::TemporaryFolder folder;
  Backend<Sqlite> backend({.path = (folder.path() / "heddle.db").string(), .wal = false, .secure_delete = true});
  backend.migrate();
  fill(backend, "kept");
  fill(backend, "doomed");
  CHECK_FALSE(backend.details().owed->erasure);
  CHECK(backend.session_storage().delete_session({}, "doomed"));
  CHECK(backend.details().owed->erasure);
  backend.scrub();
  CHECK_FALSE(backend.details().owed->erasure);
}

TEST_CASE("secure_delete overwrites what a process without it would leave in free pages") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  {
    Backend<Sqlite> backend({.path = path});
    backend.migrate();
    fill(backend, "doomed");
    backend.session_storage().delete_session({}, "doomed");
  }
  // What was deleted before stays; so this test would see a marker.
  CHECK_FALSE(files_with(folder.path(), "zanzibar7788").empty());
}
