#include "conformance/migration_places.hpp"
#include "conformance/sample.hpp"
#include "heddle/config/parse.hpp"
#include "heddle/erasure.hpp"
#include "heddle/open.hpp"
#include "heddle/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using Storage = EmptyPlace::Storage;

namespace {

/// The configuration of a backend that only reads.
auto reading(const EmptyPlace& place) {
  auto config = place.config();
  config.read_only = true;
  return config;
}

/// Stores a session with a message.
void fill(Storage& storage) {
  storage.migrate();
  add_session(storage, alice, "s");
  storage.session_storage().save_message(alice, "s", says("the first words"));
}

/// Opens the place by a configuration of `heddle::open`.
AnyBackend open_reading(const EmptyPlace& place, bool auto_migrate) {
  const auto config = place.config();
  v1::StorageConfig chosen;
  chosen.mutable_migration()->set_auto_migrate(auto_migrate);
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  chosen.set_backend(v1::STORAGE_BACKEND_TYPE_POSTGRES);
  chosen.mutable_postgres()->set_dsn(config.dsn);
  chosen.mutable_postgres()->set_named_statements(config.named_statements);
#else
  chosen.mutable_sqlite()->set_path(config.path);
#endif
  return open(chosen, {.read_only = true});
}

}  // namespace

TEST_CASE("a backend for reading only reads what others write meanwhile") {
  EmptyPlace place;
  Storage writer(place.config());
  fill(writer);
  Storage reader(reading(place));
  auto& sessions = reader.session_storage();
  CHECK(sessions.load_session(alice, "s")->name == "name of s");
  CHECK(sessions.load_messages(alice, "s").items.size() == 1);
  writer.session_storage().save_message(alice, "s", says("second words"));
  CHECK(sessions.load_messages(alice, "s").items.size() == 2);
  // Whether they are in a full-text index already or not.
  CHECK(sessions.search_messages(alice, {.query = "words"}).items.size() == 2);
  CHECK(sessions.search_messages(bob, {.query = "words"}).items.empty());
  CHECK(sessions.for_each_message(alice, "s", [](const Message&) {}) == 2);
  CHECK(reader.error_store().list(alice).items.empty());
  CHECK(reader.artifact_store().content_usage(alice).stored_bytes == 0);
  CHECK(reader.human_request_store().list_pending(alice).items.empty());

  std::string stream;
  export_user(reader, alice, [&](std::string_view bytes) { stream += bytes; });
  CHECK(stream.find("second words") != std::string::npos);
  reader.ping();
  const StorageDetails details = reader.details();
  CHECK(details.migration_version == details.latest_version);
  CHECK_FALSE(details.removes_expired_results);
  CHECK(reader.pending_migrations().empty());
}

TEST_CASE("a backend for reading only refuses what would change something") {
  EmptyPlace place;
  Storage writer(place.config());
  fill(writer);
  writer.result_store().store(alice, {.id = "r", .table_name = "t", .table = {{"n"}, {{std::int64_t{1}}}}});
  Storage reader(reading(place));
  auto& sessions = reader.session_storage();
  auto& artifacts = reader.artifact_store();
  auto& requests = reader.human_request_store();
  const std::vector<std::function<void()>> changes{
      [&] { reader.migrate(); },
      [&] { reader.migrator().down(alice, 1); },
      [&] { reader.migrator().to(alice, 1); },
      [&] { sessions.save_session(alice, {.id = "new"}); },
      [&] { sessions.ensure_session(alice, {.id = "s"}); },
      [&] { sessions.update_session(alice, "s", {.name = "other"}); },
      [&] { sessions.delete_session(alice, "s"); },
      [&] { sessions.save_message(alice, "s", says("x")); },
      [&] { sessions.save_message(alice, "s", says("x"), {.idempotency_key = "k"}); },
      // Before its arguments are looked at.
      [&] { sessions.save_message(alice, "", says("")); },
      [&] {
        sessions.save_turn(alice, "s", {{says("x")}, {}});
      },
      [&] { sessions.fork_session(alice, "s", 1, {.id = "t"}); },
      [&] { sessions.save_tool_execution(alice, "s", {.tool_name = "t"}); },
      [&] { sessions.save_snapshot(alice, {.session_id = "s", .snapshot_type = "l2"}); },
      [&] { sessions.purge_idempotency_keys(alice, now()); },
      [&] { reader.error_store().store(alice, {.session_id = "s", .raw_error = "x"}); },
      [&] { artifacts.put(alice, {.name = "a.txt"}, ContentSource(std::string("text"))); },
      [&] { static_cast<void>(artifacts.folder(alice, ArtifactFolder::user)); },
      [&] { artifacts.sweep_orphans(alice, std::chrono::hours(1)); },
      [&] { artifacts.set_quota(alice, 1); },
      [&] { reader.result_store().remove(alice, "r"); },
      [&] { requests.store(alice, {.agent_id = "a", .session_id = "s", .question = "?"}); },
      [&] { static_cast<void>(requests.wait(alice, "q")); },
      [&] { static_cast<void>(reader.stream_store().begin(alice, "s", {})); },
      [&] { import_user(reader, bob, ContentSource(std::string("no stream"))); },
      [&] { abort_import(reader, alice); },
      [&] { static_cast<void>(erase_user(reader, alice)); },
      [&] { reader.reindex(alice); },
  };
  for (const auto& change : changes) {
    const Error error = support::error_of(change);
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find("read_only") != std::string::npos);
    CHECK_FALSE(error.in_doubt());
  }
  // A query would note the time of the access.
  CHECK(reader.result_store().query(alice, "r", "SELECT n FROM t").rows.size() == 1);
  CHECK(writer.session_storage().load_session(alice, "s")->name == "name of s");
  CHECK(writer.session_storage().load_messages(alice, "s").items.size() == 1);
}

TEST_CASE("a backend for reading only reads across tenants as administration") {
  EmptyPlace place;
  Storage writer(place.config());
  fill(writer);
  auto config = reading(place);
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  config.admin_dsn = config.migration_dsn;
#else
  CHECK(code_of([&] { static_cast<void>(Storage(reading(place)).admin_storage().sessions_per_user({})); }) ==
        ErrorCode::failed_precondition);
  config.administer_tenants = true;
#endif
  config.soft_delete.enabled = true;
  Storage reader(config);
  const auto counts = reader.admin_storage().sessions_per_user({});
  REQUIRE(counts.items.size() == 1);
  CHECK(counts.items[0].user_id == "alice");
  CHECK(reader.admin_storage().statistics({}).sessions == 1);
  CHECK(code_of([&] { reader.session_storage().soft_delete_session(alice, "s"); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { reader.session_storage().purge_deleted_sessions({}, std::chrono::hours(1)); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { reader.result_store().purge_expired(); }) == ErrorCode::failed_precondition);
}

TEST_CASE("a backend for reading only does not migrate") {
  EmptyPlace place;
  {
    Storage writer(place.config());
    writer.migrator().to({}, 1);
  }
  Storage reader(reading(place));
  const auto pending = reader.pending_migrations();
  REQUIRE_FALSE(pending.empty());
  CHECK(pending[0].version == 2);
  CHECK(reader.details().migration_version == 1);
  CHECK(code_of([&] { reader.migrate(); }) == ErrorCode::failed_precondition);
  CHECK(reader.details().migration_version == 1);

  const Error error = support::error_of([&] { static_cast<void>(open_reading(place, true)); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("migration 2") != std::string::npos);
  AnyBackend opened = open_reading(place, false);
  CHECK(detail_report(opened)->details().migration_version == 1);

  Storage(place.config()).migrate();
  AnyBackend current = open_reading(place, true);
  CHECK(current.session_storage().list_sessions(alice).items.empty());
  CHECK(code_of([&] { add_session(current, alice, "s"); }) == ErrorCode::failed_precondition);

  // What a later version has migrated.
  place.execute("INSERT INTO heddle_migrations SELECT max(version) + 1, 'later', 'x', 0 FROM heddle_migrations");
  CHECK(code_of([&] { static_cast<void>(open_reading(place, true)); }) == ErrorCode::failed_precondition);
}
