// What windows read, and what is left of folds, as only the file tells.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/sqlite_plan.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace heddle;
using support::plan_of;

namespace {

/// A database in a file, and a second view of it.
struct Opened {
  support::TemporaryFolder folder{};
  std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend{{.path = path}};

  Opened() { backend.migrate(); }

  [[nodiscard]] std::int64_t rows(const std::string& table) const {
    SQLite::Database raw(path);
    return raw.execAndGet("SELECT count(*) FROM " + table).getInt64();
  }
};

}  // namespace

TEST_CASE("windows find their messages and folds in order: by keys, and without a sort") {
  const Opened opened;
  const SQLite::Database raw(opened.path);
  const auto& lists = sql::statements<Sqlite::Dialect::Messages::Lists>();
  const std::vector<std::string> by_number{lists.window.text(), lists.unfolded_window.text(),
                                           lists.folded_window.text()};
  const std::vector<std::string> by_tokens{lists.window_of_tokens.text(), lists.unfolded_window_of_tokens.text(),
                                           lists.folded_window_of_tokens.text()};
  for (const std::string& sql : by_number) {
    const std::string plan = plan_of(raw, sql);
    CAPTURE(plan);
    // Only a message that is being written has chunks to scan.
    for (const char* table : {"SCAN s", "SCAN g", "SCAN m", "SCAN f", "SCAN u", "SCAN n", "SCAN b"}) {
      CHECK(plan.find(table) == std::string::npos);
    }
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
  }
  for (const std::string& sql : by_tokens) {
    const std::string plan = plan_of(raw, sql);
    CAPTURE(plan);
    CHECK(plan.find("SCAN m") == std::string::npos);
    CHECK(plan.find("SCAN g") == std::string::npos);
    CHECK(plan.find("SCAN f") == std::string::npos);
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
  }
}

TEST_CASE("a summary is stored once, as long as a session shows it") {
  Opened opened;
  auto& store = opened.backend.session_storage();
  store.save_session({}, {.id = "s"});
  store.save_messages({}, "s", std::vector<Message>(9));
  store.fold_messages({}, "s", {1, 2}, {.content = "1-2"});
  store.fold_messages({}, "s", {1, 2}, {.content = "1-2 again"});
  CHECK(opened.rows("summaries") == 1);
  store.fold_messages({}, "s", {1, 4}, {.content = "1-4"});
  store.fork_session({}, "s", 3, {.id = "f"});
  store.rewind_session({}, "s", 5);
  CHECK(opened.rows("summaries") == 2);
  CHECK(store.delete_session({}, "s"));
  CHECK(opened.rows("summaries") == 1);
  CHECK(store.delete_session({}, "f"));
  CHECK(opened.rows("summaries") == 0);
  CHECK(opened.rows("folds") == 0);
  CHECK(opened.rows("branches") == 0);
}
