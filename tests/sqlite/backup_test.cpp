#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/document.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace heddle;
using support::ChildProcess;
using support::Parent;

namespace {

const Context context = Context::for_user("alice");

void save(Backend<Sqlite>& storage, const std::string& content) {
  storage.session_storage().save_message(context, "s", {.content = content}, {.idempotency_key = content});
}

}  // namespace

TEST_CASE("child: back up and continue writing" * doctest::skip()) {
  const std::filesystem::path folder = Parent::setting("HEDDLE_TEST_FOLDER");
  Backend<Sqlite> storage({.path = (folder / "agents.db").string()});
  storage.migrate();
  storage.session_storage().save_session(context, {.id = "s"});
  save(storage, "kept");
  if (auto backup = heddle::online_backup(storage)) { backup->back_up(context, folder / "backup.db"); }
  save(storage, "lost");
  Parent::tell("!");
  Parent::wait_at_gate();
}

TEST_CASE("the commands of the document restore a backup over a database whose program was killed") {
  const support::TemporaryFolder folder;
  ChildProcess program("child: back up and continue writing", {{"HEDDLE_TEST_FOLDER", folder.path().string()}});
  program.wait_for_sign();
  program.kill();
  REQUIRE(program.wait_for_kill());
  // Otherwise the test would not check what the old log does to the backup.
  REQUIRE(std::filesystem::file_size(folder.path() / "agents.db-wal") > 0);
  REQUIRE(support::succeeds(support::commands_of("production.md", "restore SQLite"), folder.path()));

  const std::string file = (folder.path() / "agents.db").string();
  {
    Backend<Sqlite> storage({.path = file});
    CHECK(storage.pending_migrations().empty());
    auto& sessions = storage.session_storage();
    REQUIRE(sessions.load_messages(context, "s").items.size() == 1);
    CHECK(sessions.load_messages(context, "s").items.front().content == "kept");
    CHECK(sessions.search_messages(context, {.query = "kept"}).items.size() == 1);
    CHECK(sessions.search_messages(context, {.query = "lost"}).items.empty());
    // The idempotency keys are those of the backup, too.
    save(storage, "kept");
    save(storage, "lost");
    CHECK(sessions.load_messages(context, "s").items.size() == 2);
  }
  CHECK(support::RawDatabase(file).text("PRAGMA integrity_check") == "ok");
  CHECK(std::filesystem::exists(folder.path() / "replaced" / "agents.db"));
}
