#include "heddle/postgres.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::code_of;

namespace {

namespace fs = std::filesystem;
using OnServer = Backend<Postgres>;
using std::chrono::seconds;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

/// A database with a session of ada that has rows in every table, and a session of bob with the same id.
struct Filled {
  explicit Filled(heddle::postgres::SoftDeleteConfig soft_delete = {}) {
    auto config = database.config(folder.path());
    config.soft_delete = soft_delete;
    backend = std::make_unique<OnServer>(config);
    for (const auto& user : {ada, bob}) {
      auto& sessions = backend->session_storage();
      sessions.save_session(user, {.id = "parent"});
      sessions.save_session(user, {.id = "s", .agent_id = "agent", .parent_session_id = "parent"});
      sessions.save_session(user, {.id = "child", .agent_id = "other", .parent_session_id = "s"});
      sessions.save_message(user, "s", {.content = "needle", .session_context = SessionContext::shared, .model = "m"},
                            {.idempotency_key = "m"});
      sessions.save_tool_execution(user, "s", {.tool_name = "t"});
      sessions.save_snapshot(user, {.id = "snap", .session_id = "s", .snapshot_type = "summary"});
      backend->error_store().store(user, {.id = "e", .session_id = "s", .raw_error = "failed"});
      backend->artifact_store().index(user, {.id = "f", .name = "haystack", .session_id = "s"});
      backend->artifact_store().put(user, {.id = "content", .session_id = "s"}, "content");
      backend->human_request_store().store(user, {.id = "q", .session_id = "s", .question = "?"});
      const auto files = backend->artifact_store().folder(user, ArtifactFolder::agent, "s");
      fs::create_directories(files);
      std::ofstream(files / "a.txt") << "a";
    }
  }

  /// Returns how much of the session a tenant sees, operation by operation.
  [[nodiscard]] std::vector<std::int64_t> seen_by(const Context& user) {
    auto& sessions = backend->session_storage();
    const auto count = [](const auto& page) { return static_cast<std::int64_t>(page.items.size()); };
    std::int64_t visited = 0;
    sessions.for_each_message(user, "s", [&](const Message& /*message*/) { ++visited; });
    const auto statistics = sessions.statistics(user);
    return {sessions.load_session(user, "s") ? 1 : 0,
            count(sessions.list_sessions(user)),
            count(sessions.list_agent_sessions(user, "agent")),
            count(sessions.load_messages(user, "s")),
            visited,
            count(sessions.load_agent_messages(user, "agent")),
            count(sessions.load_agent_messages(user, "other")),
            count(sessions.load_parent_messages(user, "child")),
            count(sessions.search_messages(user, {.query = "needle"})),
            count(sessions.search_messages(user, {.query = "needle", .session_id = "s"})),
            count(sessions.list_tool_executions(user, "s")),
            count(sessions.load_snapshots(user, "s", "summary")),
            statistics.sessions,
            statistics.messages,
            statistics.tool_executions,
            backend->error_store().get(user, "e") ? 1 : 0,
            count(backend->error_store().list(user)),
            backend->artifact_store().get(user, "f") ? 1 : 0,
            count(backend->artifact_store().list(user)),
            count(backend->artifact_store().search(user, "haystack")),
            backend->artifact_store().statistics(user).files,
            backend->human_request_store().get(user, "q") ? 1 : 0,
            count(backend->human_request_store().list_pending(user)),
            count(sessions.usage(user)),
            count(sessions.usage(user, {.session_id = "s"})),
            count(sessions.usage(user, {.agent_id = "agent"}))};
  }

  /// Returns the rows of a tenant's session in all tables, as the superuser sees them.
  [[nodiscard]] std::int64_t rows_of(const std::string& user) {
    support::RawPostgres raw(database.database().superuser_dsn());
    const std::string of_user = " WHERE user_id = '" + user + "' AND ";
    std::int64_t rows = raw.integer("SELECT count(*) FROM sessions" + of_user + "id = 's'");
    rows += raw.integer("SELECT count(*) FROM messages" + of_user + "true");
    // All tables, also those of later migrations.
    const auto tables = raw.texts(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'session_id' "
        "AND table_schema = 'public'");
    CHECK(tables.size() >= 6);
    for (const auto& table : tables) {
      rows += raw.integer("SELECT count(*) FROM " + table + of_user + "session_id = 's'");
    }
    return rows;
  }

  support::TemporaryFolder folder{};
  support::MigratedDatabase database{};
  std::unique_ptr<OnServer> backend{};
};

}  // namespace

TEST_CASE("a soft-deleted session is hidden from every read, and is restored completely") {
  Filled filled;
  auto& sessions = filled.backend->session_storage();
  const auto before = filled.seen_by(ada);
  REQUIRE(before == filled.seen_by(bob));
  CHECK(sessions.soft_delete_session(ada, "s"));
  CHECK(!sessions.soft_delete_session(ada, "s"));
  CHECK(!sessions.soft_delete_session(ada, "none"));

  const auto hidden = filled.seen_by(ada);
  // Everything is hidden except the two other sessions.
  std::vector<std::int64_t> nothing(hidden.size(), 0);
  nothing[1] = 2;
  nothing[12] = 2;
  CHECK(hidden == nothing);
  CHECK(filled.seen_by(bob) == before);
  CHECK(fs::exists(filled.backend->artifact_store().folder(bob, ArtifactFolder::agent, "s") / "a.txt"));
  CHECK(filled.rows_of("ada") == filled.rows_of("bob"));

  CHECK(sessions.restore_session(ada, "s"));
  CHECK(!sessions.restore_session(ada, "s"));
  CHECK(filled.seen_by(ada) == before);
  CHECK(sessions.load_session(ada, "child")->parent_session_id == "s");
}

TEST_CASE("writes to a hidden session are refused") {
  Filled filled;
  auto& sessions = filled.backend->session_storage();
  REQUIRE(sessions.soft_delete_session(ada, "s"));
  const auto refused = [](auto&& write) { return code_of(write) == ErrorCode::not_found; };
  CHECK(code_of([&] { sessions.save_session(ada, {.id = "s"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(ada, {.id = "s"}, {.idempotency_key = "again"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(ada, {.id = "s", .revision = 1}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.ensure_session(ada, {.id = "s"}); }) == ErrorCode::failed_precondition);
  CHECK(refused([&] { sessions.update_session(ada, "s", {.name = "x"}); }));
  CHECK(refused([&] { sessions.update_session(ada, "child", {.agent_id = "x", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.save_session(ada, {.id = "new", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.ensure_session(ada, {.id = "new", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.save_message(ada, "s", {.content = "x"}); }));
  CHECK(refused([&] { sessions.save_message(ada, "s", {.content = "x"}, {.idempotency_key = "k"}); }));
  CHECK(refused([&] { sessions.save_turn(ada, "s", {{{.content = "x"}}, {{.tool_name = "t"}}}); }));
  CHECK(refused([&] { sessions.save_tool_execution(ada, "s", {.tool_name = "t"}); }));
  CHECK(refused([&] { sessions.save_snapshot(ada, {.session_id = "s", .snapshot_type = "summary"}); }));
  CHECK(refused([&] { filled.backend->error_store().store(ada, {.session_id = "s", .raw_error = "x"}); }));
  CHECK(refused([&] { filled.backend->artifact_store().index(ada, {.name = "x", .session_id = "s"}); }));
  CHECK(code_of([&] { filled.backend->artifact_store().index(ada, {.id = "f", .name = "x"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { filled.backend->artifact_store().index(ada, {.id = "f", .name = "x", .revision = 1}); }) ==
        ErrorCode::failed_precondition);
  CHECK(!filled.backend->artifact_store().update(ada, {.id = "f", .name = "x", .revision = 1}));
  CHECK(!filled.backend->artifact_store().update(ada, "f", {.name = "x"}));
  CHECK(refused([&] { filled.backend->human_request_store().store(ada, {.session_id = "s", .question = "?"}); }));
  CHECK(refused([&] { filled.backend->human_request_store().respond(ada, "q", {}); }));
  CHECK(!sessions.delete_session(ada, "s"));
  CHECK(filled.rows_of("ada") == filled.rows_of("bob"));
  // Writes to the other tenant's session with this id are not.
  CHECK(sessions.save_message(bob, "s", {.content = "x"}) == 2);
}

TEST_CASE("a hidden session is removed from all tables and the disk after its grace period") {
  Filled filled;
  auto& sessions = filled.backend->session_storage();
  std::set<std::string> cleaned;
  sessions.add_cleanup_hook(
      [&](const Context& context, const std::string& id) { cleaned.insert(context.user_id + "/" + id); });
  REQUIRE(sessions.soft_delete_session(ada, "s"));
  CHECK(sessions.purge_deleted_sessions({}, seconds(3600)) == 0);
  CHECK(support::code_of([&] { sessions.clean_up_session(ada, "s"); }) == ErrorCode::failed_precondition);
  CHECK(cleaned.empty());
  const auto before = filled.seen_by(bob);

  CHECK(sessions.purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(cleaned == std::set<std::string>{"ada/s"});
  CHECK(filled.rows_of("ada") == 0);
  CHECK(!fs::exists(filled.backend->artifact_store().folder(ada, ArtifactFolder::agent, "s")));
  CHECK(!sessions.load_session(ada, "child")->parent_session_id);
  CHECK(!sessions.restore_session(ada, "s"));
  CHECK(filled.backend->artifact_store().content_usage(ada).stored_bytes == 0);
  CHECK(filled.backend->artifact_store().sweep_orphans(ada, seconds(0)) == 0);

  CHECK(filled.seen_by(bob) == before);
  CHECK(fs::exists(filled.backend->artifact_store().folder(bob, ArtifactFolder::agent, "s") / "a.txt"));
  CHECK(sessions.purge_deleted_sessions({}, seconds(0)) == 0);
  // The id is free again, and so are its keys.
  sessions.save_session(ada, {.id = "s"});
  CHECK(sessions.save_message(ada, "s", {.content = "another"}, {.idempotency_key = "m"}) == 1);
}

TEST_CASE("many hidden sessions are removed batch by batch") {
  const support::MigratedDatabase database;
  OnServer backend(database.config());
  auto& sessions = backend.session_storage();
  constexpr int many = 230;
  for (int each = 0; each < many; ++each) {
    const auto& owner = each % 2 == 0 ? ada : bob;
    sessions.save_session(owner, {.id = "s" + std::to_string(each)});
    REQUIRE(sessions.soft_delete_session(owner, "s" + std::to_string(each)));
  }
  int cleaned = 0;
  sessions.add_cleanup_hook([&](const Context& /*context*/, const std::string& /*id*/) { ++cleaned; });
  CHECK(sessions.purge_deleted_sessions({}, seconds(0)) == many);
  CHECK(cleaned == many);
}

TEST_CASE("the backend removes sessions and artifacts after their grace period by itself") {
  Filled filled({true, seconds(0), seconds(1)});
  auto& artifacts = filled.backend->artifact_store();
  artifacts.put(ada, {.id = "free"}, "free");
  REQUIRE(artifacts.remove(ada, "free", DeleteMode::soft));
  REQUIRE(filled.backend->session_storage().soft_delete_session(ada, "s"));
  for (int step = 0; step < 1000 && filled.rows_of("ada") != 0; ++step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (int step = 0; step < 1000 && artifacts.content_usage(ada).stored_bytes != 0; ++step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(artifacts.content_usage(ada).stored_bytes == 0);
  CHECK(artifacts.list(ada, {.include_deleted = true}).items.empty());
  CHECK(filled.rows_of("ada") == 0);
  CHECK(filled.rows_of("bob") != 0);
}
