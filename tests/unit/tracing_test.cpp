#include "heddle/tracing.hpp"

#include "heddle/operation.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace heddle;

namespace {

struct Record {
  std::string operation{};
  std::string user{};
  std::string parent{};
  std::string error{};

  friend bool operator==(const Record&, const Record&) = default;
};

using Records = std::vector<Record>;

/// A tracer that records spans.
class RecordingTracer {
 public:
  class Span {
   public:
    Span(std::shared_ptr<Records> records, Record record) : records_(std::move(records)), record_(std::move(record)) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() { records_->push_back(record_); }
    void fail(const Error& error) { record_.error = to_string(error.code()); }

   private:
    std::shared_ptr<Records> records_;
    Record record_;
  };

  [[nodiscard]] Span start(const Call& call) noexcept {
    return {records_,
            {std::string(to_string(call.operation)), std::string(call.user_id), call.context.trace_parent, ""}};
  }
  [[nodiscard]] const Records& records() const { return *records_; }
  /// Returns the spans since the last call as text: their names, and after a colon the code of a failed one.
  [[nodiscard]] std::string take() const {
    std::string text;
    for (const Record& record : std::exchange(*records_, {})) {
      if (!text.empty()) { text += ", "; }
      text += record.operation;
      if (!record.error.empty()) { text += ": " + record.error; }
    }
    return text;
  }

 private:
  std::shared_ptr<Records> records_ = std::make_shared<Records>();
};

using Traced = Backend<Sqlite, RecordingTracer>;

const Context ada = Context::for_user("ada");
constexpr RetentionRule a_day{.max_age = std::chrono::hours(24)};

/// A call and the name of its span.
struct Traceable {
  std::string_view name;
  void (*run)(Traced& backend);
};

/// All operations of a backend on SQLite except the backup, in an order in which all of them succeed.
const std::vector<Traceable> operations{
    {"ping", [](Traced& b) { b.ping(); }},
    {"details", [](Traced& b) { static_cast<void>(b.details()); }},
    {"current_version", [](Traced& b) { static_cast<void>(b.migrator().current_version()); }},
    {"latest_version", [](Traced& b) { static_cast<void>(b.migrator().latest_version()); }},
    {"applied_migrations", [](Traced& b) { static_cast<void>(b.migrator().applied()); }},
    {"pending_migrations", [](Traced& b) { static_cast<void>(b.migrator().pending()); }},
    {"pending_migrations", [](Traced& b) { static_cast<void>(b.pending_migrations()); }},
    {"migrate_down", [](Traced& b) { b.migrator().down({}, 1); }},
    {"migrate_to", [](Traced& b) { b.migrator().to({}, 0); }},
    {"migrate_up", [](Traced& b) { b.migrate(); }},
    {"save_session", [](Traced& b) { b.session_storage().save_session(ada, {.id = "s"}); }},
    {"ensure_session", [](Traced& b) { CHECK_FALSE(b.session_storage().ensure_session(ada, {.id = "s"})); }},
    {"update_session", [](Traced& b) { CHECK(b.session_storage().update_session(ada, "s", {.name = "n"}) == 2); }},
    {"load_session", [](Traced& b) { static_cast<void>(b.session_storage().load_session(ada, "s")); }},
    {"list_sessions", [](Traced& b) { static_cast<void>(b.session_storage().list_sessions(ada)); }},
    {"list_agent_sessions", [](Traced& b) { static_cast<void>(b.session_storage().list_agent_sessions(ada, "a")); }},
    {"save_message", [](Traced& b) { b.session_storage().save_message(ada, "s", {.content = "x"}); }},
    {"save_messages", [](Traced& b) { b.session_storage().save_messages(ada, "s", {}); }},
    {"save_turn", [](Traced& b) { b.session_storage().save_turn(ada, "s", {}); }},
    {"load_messages", [](Traced& b) { static_cast<void>(b.session_storage().load_messages(ada, "s")); }},
    {"for_each_message",
     [](Traced& b) { CHECK(b.session_storage().for_each_message(ada, "s", [](const Message&) {}) == 1); }},
    {"load_agent_messages", [](Traced& b) { static_cast<void>(b.session_storage().load_agent_messages(ada, "a")); }},
    {"load_parent_messages", [](Traced& b) { static_cast<void>(b.session_storage().load_parent_messages(ada, "s")); }},
    {"search_messages",
     [](Traced& b) { CHECK(b.session_storage().search_messages(ada, {.query = "x"}).items.size() == 1); }},
    {"save_tool_execution", [](Traced& b) { b.session_storage().save_tool_execution(ada, "s", {.tool_name = "t"}); }},
    {"list_tool_executions", [](Traced& b) { static_cast<void>(b.session_storage().list_tool_executions(ada, "s")); }},
    {"save_snapshot", [](Traced& b) { b.session_storage().save_snapshot(ada, {.session_id = "s"}); }},
    {"load_snapshots", [](Traced& b) { static_cast<void>(b.session_storage().load_snapshots(ada, "s", "")); }},
    {"purge_idempotency_keys", [](Traced& b) { b.session_storage().purge_idempotency_keys(ada, {}); }},
    {"statistics", [](Traced& b) { static_cast<void>(b.session_storage().statistics(ada)); }},
    {"usage", [](Traced& b) { static_cast<void>(b.session_storage().usage(ada)); }},
    {"store_error", [](Traced& b) { b.error_store().store(ada, {.raw_error = "x"}); }},
    {"get_error", [](Traced& b) { static_cast<void>(b.error_store().get(ada, "none")); }},
    {"list_errors", [](Traced& b) { static_cast<void>(b.error_store().list(ada)); }},
    {"remove_error", [](Traced& b) { CHECK_FALSE(b.error_store().remove(ada, "none")); }},
    {"prune_errors", [](Traced& b) { CHECK(b.error_store().prune(ada, {.keep_newest = 0}) == 1); }},
    {"index_artifact", [](Traced& b) { b.artifact_store().index(ada, {.id = "a", .name = "n"}); }},
    {"get_artifact", [](Traced& b) { static_cast<void>(b.artifact_store().get(ada, "a")); }},
    {"get_artifact_by_name", [](Traced& b) { static_cast<void>(b.artifact_store().get_by_name(ada, "n")); }},
    {"list_artifacts", [](Traced& b) { static_cast<void>(b.artifact_store().list(ada)); }},
    {"search_artifacts", [](Traced& b) { static_cast<void>(b.artifact_store().search(ada, {.query = "n"})); }},
    {"update_artifact", [](Traced& b) { CHECK(b.artifact_store().update(ada, {.id = "a", .name = "n"})); }},
    {"patch_artifact", [](Traced& b) { CHECK(b.artifact_store().update(ada, "a", {.purpose = "p"})); }},
    {"record_artifact_access", [](Traced& b) { CHECK(b.artifact_store().record_access(ada, "a")); }},
    {"artifact_statistics", [](Traced& b) { static_cast<void>(b.artifact_store().statistics(ada)); }},
    {"artifact_folder", [](Traced& b) { static_cast<void>(b.artifact_store().folder(ada, ArtifactFolder::user)); }},
    {"remove_artifact", [](Traced& b) { CHECK(b.artifact_store().remove(ada, "a", DeleteMode::soft)); }},
    {"remove_artifact", [](Traced& b) { CHECK(b.artifact_store().remove(ada, "a", DeleteMode::hard)); }},
    {"store_result",
     [](Traced& b) {
       b.result_store().store(ada, {.id = "r", .table = {{"c"}, {}}});
     }},
    {"write_result",
     [](Traced& b) {
       static_cast<void>(b.result_store().write(ada, {.table = {{"n"}, {}}}));
     }},
    {"list_results", [](Traced& b) { static_cast<void>(b.result_store().list(ada)); }},
    {"purge_expired_results", [](Traced& b) { b.result_store().purge_expired(); }},
    {"query_result", [](Traced& b) { static_cast<void>(b.result_store().query(ada, "r", "SELECT 1")); }},
    {"result_metadata", [](Traced& b) { static_cast<void>(b.result_store().metadata(ada, "r")); }},
    {"expire_results", [](Traced& b) { b.result_store().expire(ada); }},
    {"remove_result", [](Traced& b) { CHECK(b.result_store().remove(ada, "r")); }},
    {"store_human_request", [](Traced& b) { b.human_request_store().store(ada, {.id = "h", .question = "?"}); }},
    {"get_human_request", [](Traced& b) { static_cast<void>(b.human_request_store().get(ada, "h")); }},
    {"update_human_request",
     [](Traced& b) { CHECK(b.human_request_store().update(ada, {.id = "h", .question = "?!"})); }},
    {"list_pending_human_requests", [](Traced& b) { static_cast<void>(b.human_request_store().list_pending(ada)); }},
    {"list_human_requests_by_priority",
     [](Traced& b) { static_cast<void>(b.human_request_store().list_by_priority(ada)); }},
    {"list_human_requests_of_session",
     [](Traced& b) { static_cast<void>(b.human_request_store().list_by_session(ada, "s")); }},
    {"respond_to_human_request",
     [](Traced& b) { b.human_request_store().respond(ada, "h", {.status = RequestStatus::approved}); }},
    {"store_human_request", [](Traced& b) { b.human_request_store().store(ada, {.id = "c"}); }},
    {"cancel_human_request", [](Traced& b) { b.human_request_store().cancel(ada, "c"); }},
    {"wait_for_any_human_request", [](Traced& b) { static_cast<void>(b.human_request_store().wait_any(ada, {"h"})); }},
    {"store_human_request", [](Traced& b) { b.human_request_store().store(ada, {.id = "e"}); }},
    {"expire_human_request", [](Traced& b) { b.human_request_store().expire_one(ada, "e"); }},
    {"remove_human_request", [](Traced& b) { b.human_request_store().remove(ada, "e"); }},
    {"wait_for_human_request", [](Traced& b) { static_cast<void>(b.human_request_store().wait(ada, "h")); }},
    {"expire_human_requests", [](Traced& b) { b.human_request_store().expire(ada); }},
    {"remove_old_sessions", [](Traced& b) { b.apply_retention({}, {.sessions = a_day}); }},
    {"remove_old_branches", [](Traced& b) { b.apply_retention({}, {.hidden_branches = a_day}); }},
    {"remove_old_snapshots", [](Traced& b) { b.apply_retention({}, {.snapshots = a_day}); }},
    {"remove_old_errors", [](Traced& b) { b.apply_retention({}, {.errors = a_day}); }},
    {"remove_old_artifacts", [](Traced& b) { b.apply_retention({}, {.artifacts = a_day}); }},
    {"remove_old_results", [](Traced& b) { b.apply_retention({}, {.results = a_day}); }},
    {"remove_old_requests", [](Traced& b) { b.apply_retention({}, {.requests = a_day}); }},
    {"remove_old_keys", [](Traced& b) { b.apply_retention({}, {.keys = a_day}); }},
    {"compact", [](Traced& b) { b.compact({}, {.full = true}); }},
    {"delete_session", [](Traced& b) { CHECK(b.session_storage().delete_session(ada, "s")); }}};

/// A traced, migrated backend with a session `s` of ada with one message.
struct Filled {
  explicit Filled(sqlite::Config config = {.path = ":memory:"}) : backend(std::move(config), tracer) {
    backend.migrate();
    backend.session_storage().save_session(ada, {.id = "s"});
    backend.session_storage().save_message(ada, "s", {.content = "x"});
    static_cast<void>(tracer.take());
  }

  RecordingTracer tracer{};
  Traced backend;
};

}  // namespace

TEST_CASE("a tracer gets every operation, its tenant, its parent and its failure") {
  const RecordingTracer tracer;
  Traced backend({.path = ":memory:"}, tracer);
  backend.migrate();
  Context context = Context::for_user("alice");
  context.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  backend.session_storage().save_session(context, {.id = "s"});
  CHECK_THROWS_AS(backend.session_storage().save_message(context, "none", {.content = "x"}), Error);
  (void)backend.error_store().list({});
  CHECK(tracer.records() == Records{{"migrate_up", "", "", ""},
                                    {"save_session", "alice", context.trace_parent, ""},
                                    {"save_message", "alice", context.trace_parent, "not_found"},
                                    {"list_errors", "default-user", "", ""}});
}

TEST_CASE("every operation is one span") {
  const support::TemporaryFolder folder;
  Filled filled({.path = ":memory:", .artifact_directory = folder.path() / "artifacts", .administer_tenants = true});
  for (const Traceable& operation : operations) {
    CAPTURE(operation.name);
    operation.run(filled.backend);
    CHECK(filled.tracer.take() == operation.name);
  }
}

TEST_CASE("a refused call is one failed span") {
  Filled filled({.path = ":memory:", .default_user_id = ""});
  auto& backend = filled.backend;
  const auto refused = [&](std::string_view span, auto&& call) {
    CHECK_THROWS_AS(call(), Error);
    CHECK(filled.tracer.take() == span);
  };
  const std::string nul(1, '\0');
  const Context late = ada.with_timeout(std::chrono::seconds(-1));
  SUBCASE("with invalid arguments") {
    refused("save_session: invalid_argument", [&] { backend.session_storage().save_session(ada, {.id = ""}); });
    refused("delete_session: invalid_argument", [&] { backend.session_storage().delete_session(ada, nul); });
    refused("for_each_message: invalid_argument",
            [&] { backend.session_storage().for_each_message(ada, nul, [](const Message&) {}); });
    refused("get_error: invalid_argument", [&] { static_cast<void>(backend.error_store().get(ada, "")); });
    refused("remove_artifact: invalid_argument", [&] { backend.artifact_store().remove(ada, "", DeleteMode::hard); });
    refused("query_result: invalid_argument",
            [&] { static_cast<void>(backend.result_store().query(ada, "", "SELECT 1")); });
    refused("wait_for_human_request: invalid_argument",
            [&] { static_cast<void>(backend.human_request_store().wait(ada, "")); });
    refused("migrate_down: invalid_argument", [&] { backend.migrator().down({}, 0); });
  }
  SUBCASE("without a user, and with an invalid one") {
    refused("statistics: invalid_argument", [&] { static_cast<void>(backend.session_storage().statistics({})); });
    refused("statistics: invalid_argument",
            [&] { static_cast<void>(backend.session_storage().statistics(Context::for_user(nul))); });
  }
  SUBCASE("after its deadline") {
    refused("statistics: deadline_exceeded", [&] { static_cast<void>(backend.session_storage().statistics(late)); });
    refused("ping: deadline_exceeded", [&] { backend.ping(late); });
    refused("details: deadline_exceeded", [&] { static_cast<void>(backend.details(late)); });
  }
  SUBCASE("when the backend is closed") {
    backend.close();
    refused("statistics: failed_precondition", [&] { static_cast<void>(backend.session_storage().statistics(ada)); });
    refused("current_version: failed_precondition", [&] { static_cast<void>(backend.migrator().current_version()); });
    refused("migrate_up: failed_precondition", [&] { backend.migrate(); });
  }
}

TEST_CASE("an exception of the caller's own code ends the span as failed") {
  Filled filled;
  auto& sessions = filled.backend.session_storage();
  SUBCASE("a visitor, with its own exception") {
    CHECK_THROWS_WITH_AS(
        sessions.for_each_message(ada, "s", [](const Message&) { throw std::runtime_error("enough"); }), "enough",
        std::runtime_error);
    CHECK(filled.tracer.take() == "for_each_message: internal");
  }
  SUBCASE("a visitor, with an object that is not a std::exception") {
    CHECK_THROWS_AS(sessions.for_each_message(ada, "s", [](const Message&) { throw 7; }), int);
    CHECK(filled.tracer.take() == "for_each_message: internal");
  }
  SUBCASE("a visitor, with an Error") {
    const auto refuse = [](const Message&) { throw Error(ErrorCode::permission_denied, "not yours"); };
    CHECK(support::code_of([&] { sessions.for_each_message(ada, "s", refuse); }) == ErrorCode::permission_denied);
    CHECK(filled.tracer.take() == "for_each_message: permission_denied");
  }
  SUBCASE("a cleanup hook") {
    sessions.add_cleanup_hook([](const Context&, const std::string&) { throw std::runtime_error("no"); });
    CHECK_THROWS_WITH_AS(sessions.delete_session(ada, "s"), "no", std::runtime_error);
    CHECK(filled.tracer.take() == "delete_session: internal");
    CHECK(!sessions.load_session(ada, "s"));
  }
}

TEST_CASE("a call inside a callback is a separate span, which ends first") {
  Filled filled;
  auto& sessions = filled.backend.session_storage();
  sessions.add_cleanup_hook(
      [&](const Context& context, const std::string&) { static_cast<void>(sessions.statistics(context)); });
  CHECK(sessions.delete_session(ada, "s"));
  CHECK(filled.tracer.take() == "statistics, delete_session");
}

TEST_CASE("operations have distinct names") {
  const auto& names = EnumNames<Operation>::values;
  CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("NoTracing needs no memory") {
  struct Probe {
    [[no_unique_address]] NoTracing tracer{};
    char byte = 0;
  };
  static_assert(sizeof(Probe) == 1);
  static_assert(Tracer<NoTracing>);
  static_assert(Tracer<RecordingTracer>);
  static_assert(!Tracer<int>);
}
