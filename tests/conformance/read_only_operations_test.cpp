#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/metrics.hpp"
#include "heddle/open.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using support::error_of;

// Every operation, on a backend for reading only.

namespace {

using Calls = std::vector<std::function<void()>>;

/// A database with a session of alice, which `heddle::open` has made.
class Place {
 public:
  Place() {
    AnyBackend writer = open("");
    add_session(writer, alice, "s");
    writer.session_storage().save_message(alice, "s", says("the first words"));
    writer.artifact_store().put(alice, {.id = "a", .name = "a.txt"}, "some bytes");
    writer.result_store().store(alice, {.id = "r", .table_name = "t", .table = {{"n"}, {{std::int64_t{1}}}}});
    writer.human_request_store().store(alice, {.id = "q", .agent_id = "a", .session_id = "s", .question = "?"});
    writer.close();
  }

  /// Everything that a backend could do by itself is on.
  AnyBackend open(const std::string& more) {
    const std::string work =
        R"("soft_delete": {"enabled": true, "grace_period_seconds": 0, "cleanup_interval_seconds": 1}, )"
        R"("retention": {"errors": {"max_count": 1}, "interval_seconds": 1}, )"
        R"("results": {"cleanup_interval_seconds": 1})";
#ifdef HEDDLE_CONFORMANCE_POSTGRES
    const auto config = database_.config();
    return open_json(std::string(R"({"backend": "STORAGE_BACKEND_TYPE_POSTGRES", "metrics": true, )") + more +
                     R"("migration": {"auto_migrate": false}, "postgres": {"dsn": ")" + config.dsn +
                     R"(", "admin_dsn": ")" + config.admin_dsn + R"(", "named_statements": )" +
                     (config.named_statements ? "true" : "false") + R"(, "artifact_directory": ")" + files() +
                     R"(", "reindex_interval_seconds": 1, )" + work + "}}");
#else
    return open_json(std::string(R"({"metrics": true, )") + more + R"("sqlite": {"path": ")" +
                     (folder_.path() / "heddle.db").string() + R"(", "artifact_directory": ")" + files() +
                     R"(", "administer_tenants": true, )" + work + "}}");
#endif
  }
  AnyBackend open_reading() { return open(R"("read_only": true, )"); }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  [[nodiscard]] std::string files() const { return (folder_.path() / "files").string(); }

  support::TemporaryFolder folder_;
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  support::MigratedDatabase database_;
#endif
};

Calls changes_of_sessions(AnyBackend& backend) {
  auto& sessions = backend.session_storage();
  return {
      [&] { sessions.save_session(alice, {.id = "new"}); },
      [&] { sessions.ensure_session(alice, {.id = "s"}); },
      [&] { sessions.update_session(alice, "s", {.name = "other"}); },
      [&] { sessions.delete_session(alice, "s"); },
      [&] { sessions.clean_up_session(alice, "s"); },
      [&] { sessions.fork_session(alice, "s", 1, {.id = "t"}); },
      [&] { sessions.rewind_session(alice, "s", 0); },
      [&] { sessions.restore_branch(alice, "s", 1); },
      [&] {
        sessions.redact_messages(alice, "s", {1, 1}, "reason");
      },
      [&] {
        sessions.fold_messages(alice, "s", {1, 1}, {.session_id = "s", .snapshot_type = "l2", .content = "f"});
      },
      [&] { sessions.save_message(alice, "s", says("x"), {.idempotency_key = "k"}); },
      [&] { sessions.save_messages(alice, "s", std::vector<Message>{says("x")}); },
      [&] {
        sessions.save_turn(alice, "s", {{says("x")}, {}});
      },
      [&] { sessions.close_tool_calls(alice, "s", {.code = "c", .message = "m"}); },
      [&] { sessions.save_tool_execution(alice, "s", {.tool_name = "t"}); },
      [&] { sessions.save_snapshot(alice, {.session_id = "s", .snapshot_type = "l2"}); },
      [&] { sessions.purge_idempotency_keys(alice, now()); },
      [&] { soft_deletion(backend)->soft_delete_session(alice, "s"); },
      [&] { soft_deletion(backend)->restore_session(alice, "s"); },
      [&] { soft_deletion(backend)->purge_deleted_sessions({}, std::chrono::hours(1)); },
      [&] { static_cast<void>(backend.stream_store().begin(alice, "s", {})); },
      [&] {
        MessageStream stream{.session_id = "s", .at = {1, 1}};
        backend.stream_store().append(alice, stream, "x");
      },
      [&] {
        backend.stream_store().finish(alice, {.session_id = "s", .at = {1, 1}}, {});
      },
      [&] {
        static_cast<void>(backend.stream_store().take_over(alice, "s", {1, 1}));
      },
  };
}

Calls changes_of_records(AnyBackend& backend) {
  auto& errors = backend.error_store();
  auto& artifacts = backend.artifact_store();
  auto& results = backend.result_store();
  auto& requests = backend.human_request_store();
  return {
      [&] { errors.store(alice, {.session_id = "s", .raw_error = "x"}); },
      [&] { errors.remove(alice, "e"); },
      [&] { errors.prune(alice, {.keep_newest = 1}); },
      [&] { artifacts.index(alice, {.id = "b", .name = "b"}); },
      [&] { artifacts.update(alice, {.id = "a", .name = "b"}); },
      [&] { artifacts.update(alice, "a", ArtifactPatch{}); },
      [&] { artifacts.remove(alice, "a", DeleteMode::hard); },
      [&] { artifacts.record_access(alice, "a"); },
      [&] { static_cast<void>(artifacts.folder(alice, ArtifactFolder::user)); },
      [&] { artifacts.put(alice, {.name = "b.txt"}, "text"); },
      [&] { artifacts.restore_version(alice, "a", 1); },
      [&] { artifacts.sweep_orphans(alice, std::chrono::hours(1)); },
      [&] { artifacts.purge_deleted({}, std::chrono::hours(1)); },
      [&] { artifacts.set_quota(alice, 1); },
      [&] {
        results.store(alice, {.id = "new", .table = {{"n"}, {}}});
      },
      [&] {
        auto writer = results.write(alice, {.id = "new", .table = {{"n"}, {}}});
        writer.append({{std::int64_t{1}}});
        static_cast<void>(writer.finish());
      },
      [&] { results.remove(alice, "r"); },
      [&] { results.expire(alice); },
      [&] { requests.store(alice, {.agent_id = "a", .session_id = "s", .question = "?"}); },
      [&] { requests.update(alice, {.id = "q", .agent_id = "a", .session_id = "s", .question = "!"}); },
      [&] { requests.respond(alice, "q", {.status = RequestStatus::approved}); },
      [&] { requests.cancel(alice, "q"); },
      [&] { requests.wait(alice, "q"); },
      [&] { requests.wait_any(alice, {"q"}); },
      [&] { requests.expire(alice); },
      [&] { requests.expire_one(alice, "q"); },
      [&] { requests.remove(alice, "q"); },
  };
}

/// Each type is an operation of its own, and one call has all of them.
Calls changes_of_the_whole(AnyBackend& backend) {
  static constexpr RetentionRule one{.max_count = 1};
  Calls calls{
      [&] { backend.migrate(); },
      [&] { migrator(backend)->down({}, 1); },
      [&] { migrator(backend)->to({}, 1); },
      [&] {
        retention(backend)->apply_retention({}, {.sessions = one,
                                                 .hidden_branches = one,
                                                 .snapshots = one,
                                                 .errors = one,
                                                 .artifacts = one,
                                                 .results = one,
                                                 .requests = one,
                                                 .keys = one});
      },
  };
  if (reindexing(backend)) {
    calls.emplace_back([&] { reindexing(backend)->reindex(alice); });
    calls.emplace_back([&] { reindexing(backend)->reindex_all({}); });
  }
  if (scrubbing(backend)) {
    calls.emplace_back([&] { static_cast<void>(scrubbing(backend)->scrub({})); });
  }
  if (compaction(backend)) {
    calls.emplace_back([&] { static_cast<void>(compaction(backend)->compact({})); });
  }
  return calls;
}

Calls reads(AnyBackend& backend, const std::filesystem::path& folder) {
  auto& sessions = backend.session_storage();
  auto& artifacts = backend.artifact_store();
  auto& results = backend.result_store();
  auto& requests = backend.human_request_store();
  const auto administrator = administration(backend);
  Calls calls{
      [&] { backend.ping(); },
      [&] { static_cast<void>(backend.details()); },
      [&] { static_cast<void>(migrator(backend)->current_version({})); },
      [&] { static_cast<void>(migrator(backend)->latest_version({})); },
      [&] { static_cast<void>(migrator(backend)->applied({})); },
      [&] { static_cast<void>(backend.pending_migrations()); },
      [&] { CHECK(sessions.load_session(alice, "s").has_value()); },
      [&] { CHECK(sessions.list_sessions(alice).items.size() == 1); },
      [&] { CHECK(sessions.list_agent_sessions(alice, "agent").items.size() == 1); },
      [&] { CHECK(sessions.find_sessions(alice, {}).items.size() == 1); },
      [&] { CHECK(sessions.list_branches(alice, "s").items.size() == 1); },
      [&] { CHECK(sessions.open_tool_calls(alice).items.empty()); },
      [&] { CHECK(sessions.load_messages(alice, "s").items.size() == 1); },
      [&] { CHECK(sessions.load_messages_backwards(alice, "s").items.size() == 1); },
      [&] { CHECK(sessions.load_messages(alice, "s", MessageWindow{}).messages.size() == 1); },
      [&] { CHECK(sessions.for_each_message(alice, "s", [](const Message&) {}) == 1); },
      [&] { static_cast<void>(sessions.load_agent_messages(alice, "agent")); },
      [&] { static_cast<void>(sessions.load_parent_messages(alice, "s")); },
      [&] { CHECK(sessions.search_messages(alice, {.query = "words"}).items.size() == 1); },
      [&] { CHECK(sessions.list_tool_executions(alice, "s").items.empty()); },
      [&] { CHECK(sessions.load_snapshots(alice, "s", "l2").items.empty()); },
      [&] { CHECK(sessions.statistics(alice).messages == 1); },
      [&] { static_cast<void>(sessions.usage(alice)); },
      [&] { CHECK(!backend.error_store().get(alice, "e")); },
      [&] { CHECK(backend.error_store().list(alice).items.empty()); },
      [&] { CHECK(artifacts.get(alice, "a").has_value()); },
      [&] { static_cast<void>(artifacts.get_by_name(alice, "a.txt")); },
      [&] { CHECK(artifacts.list(alice).items.size() == 1); },
      [&] { static_cast<void>(artifacts.search(alice, {.query = "a"})); },
      [&] { static_cast<void>(artifacts.statistics(alice)); },
      [&] { CHECK(artifacts.open(alice, "a").rest() == "some bytes"); },
      [&] { CHECK(artifacts.versions(alice, "a").items.size() == 1); },
      [&] { CHECK(artifacts.verify(alice, "a") == ContentState::intact); },
      [&] { CHECK(artifacts.content_usage(alice).stored_bytes == 10); },
      [&] { CHECK(results.query(alice, "r", "SELECT n FROM t").rows.size() == 1); },
      [&] { CHECK(results.metadata(alice, "r").has_value()); },
      [&] { CHECK(results.list(alice).items.size() == 1); },
      [&] { CHECK(requests.get(alice, "q").has_value()); },
      [&] { CHECK(requests.list_pending(alice).items.size() == 1); },
      [&] { CHECK(requests.list_by_priority(alice).items.size() == 1); },
      [&] { CHECK(requests.list_by_session(alice, "s").items.size() == 1); },
      [&] {
        static_cast<void>(backend.stream_store().wait(alice, "s", {1, 1}));
      },
      [&] { CHECK(backend.stream_store().interrupted(alice).items.empty()); },
      [&, administrator] { CHECK(administrator->list_sessions({}).total == 1); },
      [&, administrator] { CHECK(administrator->sessions_per_user({}).items.size() == 1); },
      [&, administrator] { CHECK(administrator->list_tenants({}).items.size() == 1); },
      [&, administrator] { CHECK(administrator->statistics({}).sessions == 1); },
      [&, administrator] { static_cast<void>(administrator->validate_permissions({})); },
  };
  if (online_backup(backend)) {
    calls.emplace_back([&, folder] { online_backup(backend)->back_up({}, folder / "copy.db"); });
  }
  return calls;
}

/// Returns the operations that were called.
std::set<Operation> called(AnyBackend& backend) {
  std::set<Operation> operations;
  const Metrics metrics = read_metrics(backend).value();
  for (const OperationMetrics& each : metrics.operations) {
    if (each.count > 0) { operations.insert(each.operation); }
  }
  return operations;
}

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace

TEST_CASE("a backend for reading only answers each operation that reads, and refuses each other one") {
  Place place;
  AnyBackend backend = place.open_reading();
  for (const auto& read : reads(backend, place.folder())) { CHECK_NOTHROW(read()); }
  for (const Calls& changes :
       {changes_of_sessions(backend), changes_of_records(backend), changes_of_the_whole(backend)}) {
    for (const auto& change : changes) {
      const Error error = error_of(change);
      CHECK(error.code() == ErrorCode::failed_precondition);
      CHECK(std::string(error.what()).find("read_only") != std::string::npos);
      CHECK_FALSE(error.in_doubt());
    }
  }
  // Each operation was called: a new one belongs into a list above.
  std::set<Operation> operations = called(backend);
  operations.insert(Operation::open);           // no call
  operations.insert(Operation::finish_result);  // of what was refused
  // What this handle does not have: see read_only_test.cpp.
  for (const Operation each : {Operation::purge_expired_results, Operation::export_user, Operation::import_user,
                               Operation::abort_import, Operation::erase_user}) {
    operations.insert(each);
  }
  for (std::size_t number = 0; number < EnumNames<Operation>::values.size(); ++number) {
    const auto operation = static_cast<Operation>(number);
    const bool has_capability = (operation != Operation::reindex && operation != Operation::reindex_all) ||
                                static_cast<bool>(reindexing(backend));
    const bool is_of_files =
        operation == Operation::scrub || operation == Operation::compact || operation == Operation::back_up;
    if (!has_capability || (is_of_files && !scrubbing(backend))) { continue; }
    CHECK_MESSAGE(operations.contains(operation), to_string(operation));
  }
  backend.close();

  AnyBackend writer = place.open("");
  std::filesystem::create_directory(place.folder() / "later");
  for (const auto& read : reads(writer, place.folder() / "later")) { CHECK_NOTHROW(read()); }
}

TEST_CASE("a backend for reading only does nothing by itself") {
  Place place;
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  // Those of both pools, which look after connections, and the one that listens for growing messages.
  const std::size_t before = threads() + 3;
#else
  const std::size_t before = threads();
#endif
  AnyBackend backend = place.open_reading();
  for (const auto& read : reads(backend, place.folder())) { read(); }
  CHECK(threads() <= before);
  CHECK_FALSE(backend.details().removes_expired_results);
  CHECK_FALSE(backend.details().applies_retention);
}
