// Hidden sessions, as only the file tells.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"
#include "support/sqlite_plan.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle;
using support::plan_of;

namespace {

using std::chrono::seconds;
using Embedded = Backend<Sqlite>;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

/// A file with a session of two tenants.
struct Opened {
  support::TemporaryFolder folder{};
  sqlite::Config config{
      .path = (folder.path() / "heddle.db").string(), .administer_tenants = true, .soft_delete = {.enabled = true}};
  Embedded backend{config};
  SessionStore<Sqlite, NoTracing>& sessions = backend.session_storage();

  Opened() { backend.migrate(); }

  void fill() {
    for (const auto& user : {ada, bob}) {
      sessions.save_session(user, {.id = "s"});
      sessions.save_messages(user, "s", std::vector<Message>(3, Message{.content = "needle", .model = "m"}),
                             {.idempotency_key = "m"});
      sessions.fold_messages(user, "s", {1, 1}, {.snapshot_type = "summary", .content = "short"});
      sessions.rewind_session(user, "s", 2);
      sessions.save_tool_execution(user, "s", {.tool_name = "t"});
      backend.error_store().store(user, {.session_id = "s", .raw_error = "failed"});
      backend.artifact_store().index(user, {.name = "haystack", .session_id = "s"});
      backend.human_request_store().store(user, {.session_id = "s", .question = "?"});
    }
  }
  /// Returns the number of rows that belong to the sessions, in all tables, also those of later migrations.
  [[nodiscard]] std::int64_t rows() const {
    SQLite::Database raw(config.path);
    std::string count = "SELECT 0";
    SQLite::Statement tables(raw,
                             "SELECT DISTINCT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = "
                             "'table' AND (c.name = 'session_id' OR m.name IN ('sessions', 'messages', 'branches', "
                             "'segments', 'folds', 'summaries'))");
    int known = 0;
    for (; tables.executeStep(); ++known) {
      count += " + (SELECT count(*) FROM " + tables.getColumn(0).getString() + ")";
    }
    CHECK(known >= 12);
    return raw.execAndGet(count).getInt64();
  }
};

/// Returns the number of the migration that this file tests.
std::int32_t version_of_soft_deletion() {
  for (const auto& each : sqlite::embedded_migrations) {
    if (std::string_view(each.name) == "soft_delete") { return each.version; }
  }
  return 0;
}

bool has(const std::string& plan, const std::string& step) { return plan.find(step) != std::string::npos; }

}  // namespace

TEST_CASE("a hidden session has its rows in all tables until it is purged") {
  Opened opened;
  opened.fill();
  const std::int64_t all = opened.rows();
  CHECK(all > 40);
  CHECK(opened.sessions.soft_delete_session(ada, "s"));
  CHECK(opened.rows() == all);
  CHECK(opened.sessions.purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(opened.rows() == all / 2);
  CHECK(opened.sessions.soft_delete_session(bob, "s"));
  CHECK(opened.sessions.purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(opened.rows() == 0);
}

TEST_CASE("of several backends on a file one hides sessions and another one removes them") {
  Opened opened;
  opened.fill();
  Embedded another(opened.config);
  CHECK(opened.sessions.soft_delete_session(ada, "s"));
  CHECK(!another.session_storage().load_session(ada, "s"));
  CHECK(another.session_storage().restore_session(ada, "s"));
  CHECK(opened.sessions.load_session(ada, "s"));
  CHECK(another.session_storage().soft_delete_session(ada, "s"));
  CHECK(opened.sessions.purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(another.session_storage().purge_deleted_sessions({}, seconds(0)) == 0);
  // One whose configuration does not say that it administers does not.
  Embedded serving({.path = opened.config.path});
  CHECK(support::code_of([&] { serving.session_storage().purge_deleted_sessions({}, seconds(0)); }) ==
        ErrorCode::failed_precondition);
  CHECK(serving.session_storage().load_session(bob, "s"));
}

TEST_CASE("backends that purge one file at once remove each session once, and run its hooks once") {
  Opened opened;
  Embedded another(opened.config);
  constexpr int many = 60;
  for (int each = 0; each < many; ++each) {
    opened.sessions.save_session(ada, {.id = std::to_string(each)});
    REQUIRE(opened.sessions.soft_delete_session(ada, std::to_string(each)));
  }
  std::mutex mutex;
  std::multiset<std::string> cleaned;
  const auto hook = [&](const Context& /*context*/, const std::string& id) {
    const std::lock_guard lock(mutex);
    cleaned.insert(id);
  };
  opened.sessions.add_cleanup_hook(hook);
  another.session_storage().add_cleanup_hook(hook);
  auto here = std::async(std::launch::async, [&] { return opened.sessions.purge_deleted_sessions({}, seconds(0)); });
  const std::int64_t there = another.session_storage().purge_deleted_sessions({}, seconds(0));
  CHECK(here.get() + there == many);
  CHECK(cleaned.size() == many);
  CHECK(std::set<std::string>(cleaned.begin(), cleaned.end()).size() == many);
}

TEST_CASE("what belongs to hidden sessions is found by an index of these, and lists of sessions need none") {
  const Opened opened;
  const SQLite::Database raw(opened.config.path);
  const auto& errors = sql::statements<Sqlite::Dialect::Errors>();
  const auto& sessions = sql::statements<Sqlite::Dialect::Sessions>();
  const auto& messages = sql::statements<Sqlite::Dialect::Messages>();
  const auto& admin = sql::statements<Sqlite::Dialect::Admin>();
  CHECK(has(plan_of(raw, errors.list.text()), "SEARCH hidden USING INDEX sessions_deleted (user_id=? AND id=?)"));
  CHECK(has(plan_of(raw, sessions.list_executions.text()), "SEARCH hidden USING INDEX sessions_deleted"));
  CHECK(plan_of(raw, sessions.list.text()) ==
        "SEARCH sessions USING COVERING INDEX sessions_by_update (user_id=? AND (updated_at,id)<(?,?))\n");
  CHECK(plan_of(raw, messages.take_sequence.text()) ==
        "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (user_id=? AND id=?)\n");
  const std::string purge = plan_of(raw, admin.purge_deleted.text());
  CHECK(has(purge, "SEARCH sessions USING COVERING INDEX sessions_by_deletion (deleted_at<?)"));
  CHECK_FALSE(has(purge, "SCAN"));
}

TEST_CASE("the schema goes back while no session is hidden, and keeps all sessions on its way") {
  Opened opened;
  const std::int32_t version = version_of_soft_deletion();
  REQUIRE(version > 0);
  auto& migrator = opened.backend.migrator();
  opened.fill();
  const std::int64_t all = opened.rows();
  const auto seen = [&] { return opened.sessions.load_messages(ada, "s").items.size(); };
  REQUIRE(seen() == 2);
  opened.sessions.soft_delete_session(ada, "s");
  const Error refused = support::error_of([&] { migrator.to({}, version - 1); });
  CHECK(std::string(refused.what()).find("restore_or_purge_hidden_sessions_first") != std::string::npos);
  CHECK(migrator.current_version({}) == version);
  CHECK(seen() == 0);

  opened.sessions.restore_session(ada, "s");
  migrator.to({}, version - 1);
  CHECK(opened.rows() == all);
  opened.backend.migrate();
  CHECK(seen() == 2);
  CHECK(opened.rows() == all);
  CHECK(opened.sessions.list_sessions(ada).items == std::vector<std::string>{"s"});
  CHECK(opened.sessions.soft_delete_session(ada, "s"));
}
