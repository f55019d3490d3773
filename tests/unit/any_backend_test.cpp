#include "heddle/any_backend.hpp"

#include "heddle/capabilities.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/plain_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using heddle::AnyBackend;
using heddle::Context;
using heddle::ErrorCode;
using heddle::Message;
using support::code_of;
using support::Plain;

namespace {

using OnSqlite = heddle::Backend<heddle::Sqlite>;

/// A session storage that can hide sessions, on one that cannot.
class Hiding : public heddle::erased::SessionsModel<heddle::SessionStore<PlainPolicy, heddle::NoTracing>&> {
 public:
  using SessionsModel::SessionsModel;

  bool soft_delete_session(const Context& /*context*/, const std::string& id, const heddle::WriteOptions& /*options*/) {
    return id == "hidden";
  }
  bool restore_session(const Context& /*context*/, const std::string& id, const heddle::WriteOptions& /*options*/) {
    return id == "restored";
  }
  std::int64_t purge_deleted_sessions(const Context& /*context*/, std::chrono::seconds grace_period) {
    return grace_period.count();
  }
};

/// An administration across tenants.
struct Overseer {
  heddle::SessionOverview list_sessions(const Context& /*context*/, const heddle::PageRequest& page) const {
    return {{}, page.limit};
  }
  heddle::Page<heddle::SessionCount> sessions_per_user(const Context& /*context*/,
                                                       const heddle::PageRequest& /*page*/) const {
    return {{{"ada", 2}}, {}};
  }
  heddle::Page<std::string> list_tenants(const Context& /*context*/, const heddle::PageRequest& /*page*/) const {
    return {{"ada"}, {}};
  }
  heddle::SystemStatistics statistics(const Context& /*context*/) const { return {.users = 7}; }
  heddle::AdminPermissions validate_permissions(const Context& /*context*/) const { return {true, {}}; }
};

/// A plain backend with the capabilities of others.
class Grand : public Plain {
 public:
  using Plain::Plain;

  static std::string_view name() { return "grand"; }
  Hiding& session_storage() noexcept { return hiding_; }
  bool can_administer() const noexcept { return true; }
  // By value: a backend may return a proxy.
  Overseer admin_storage() noexcept { return {}; }

 private:
  Hiding hiding_{Plain::session_storage()};
};

}  // namespace

static_assert(heddle::StorageBackend<AnyBackend>);
static_assert(heddle::StorageBackend<Plain>);
static_assert(heddle::SoftDeletes<Grand> && heddle::AdministersTenants<Grand>);
static_assert(heddle::InspectsMigrations<OnSqlite> && heddle::ReportsDetails<OnSqlite> &&
              heddle::BacksUpOnline<OnSqlite>);
static_assert(heddle::SoftDeletes<OnSqlite> && heddle::AdministersTenants<OnSqlite>);
static_assert(!heddle::SoftDeletes<Plain> && !heddle::AdministersTenants<Plain>);

// A handle does not satisfy concepts that only some backends satisfy; it satisfies those that every Backend does.
static_assert(heddle::InspectsMigrations<AnyBackend> && heddle::ReportsDetails<AnyBackend>);
static_assert(!heddle::BacksUpOnline<AnyBackend> && !heddle::SoftDeletes<AnyBackend> &&
              !heddle::AdministersTenants<AnyBackend>);
// The erased capabilities satisfy their concepts.
static_assert(heddle::InspectsMigrations<heddle::erased::MigrationInspection>);
static_assert(heddle::ReportsDetails<heddle::erased::DetailReport>);
static_assert(heddle::BacksUpOnline<heddle::erased::OnlineBackup>);

static_assert(std::movable<AnyBackend> && !std::copy_constructible<AnyBackend>);
static_assert(std::is_nothrow_move_constructible_v<AnyBackend> && std::is_nothrow_move_assignable_v<AnyBackend>);
static_assert(std::constructible_from<AnyBackend, std::unique_ptr<OnSqlite>>);
static_assert(!std::constructible_from<AnyBackend, std::unique_ptr<AnyBackend>>);
static_assert(!std::constructible_from<AnyBackend, std::unique_ptr<std::string>>);
static_assert(!std::constructible_from<AnyBackend, OnSqlite&>);

static_assert(OnSqlite::name() == "sqlite");

namespace {

const Context ada = Context::for_user("ada");

AnyBackend migrated() {
  auto storage = AnyBackend::make<OnSqlite>(heddle::sqlite::Config{.path = ":memory:"});
  storage.migrate();
  return storage;
}

}  // namespace

TEST_CASE("an erased backend stores and loads") {
  auto storage = migrated();
  CHECK(storage.has_value());
  CHECK(storage.name() == "sqlite");
  storage.ping();

  auto& sessions = storage.session_storage();
  sessions.save_session(ada, {.id = "s"});
  CHECK(sessions.save_message(ada, "s", {.content = "one"}) == 1);
  const std::vector<Message> more{{.content = "two"}, {.content = "three"}};
  CHECK(sessions.save_messages(ada, "s", more) == heddle::SequenceRange{2, 3});
  const auto loaded = sessions.load_session(ada, "s");
  REQUIRE(loaded);
  CHECK(loaded->messages.items.size() == 3);
  CHECK(sessions.load_messages(ada, "s", {.limit = 2}).items.size() == 2);

  const auto error = storage.error_store().store(ada, {.tool_name = "grep", .raw_error = "failed"});
  CHECK(storage.error_store().get(ada, error)->short_summary == "failed");
  CHECK(storage.error_store().list(ada).items.size() == 1);
}

TEST_CASE("a handle takes ownership of an existing backend") {
  auto backend = std::make_unique<OnSqlite>(heddle::sqlite::Config{.path = ":memory:"});
  backend->migrate();
  backend->session_storage().save_session(ada, {.id = "s"});
  AnyBackend storage(std::move(backend));
  CHECK(storage.session_storage().load_session(ada, "s"));

  CHECK(code_of([] { AnyBackend(std::unique_ptr<OnSqlite>()); }) == ErrorCode::invalid_argument);
}

namespace {

std::string seen_by_a_function;
void see(const Message& message) { seen_by_a_function += message.content; }

}  // namespace

TEST_CASE("a visitor gets messages through the handle") {
  auto storage = migrated();
  auto& sessions = storage.session_storage();
  sessions.save_session(ada, {.id = "s"});
  for (const char* content : {"a", "b", "c"}) { sessions.save_message(ada, "s", {.content = content}); }

  SUBCASE("by a lambda, as an object or a temporary") {
    std::string seen;
    auto visitor = [&seen](const Message& message) { seen += message.content; };
    CHECK(sessions.for_each_message(ada, "s", visitor) == 3);
    CHECK(sessions.for_each_message(ada, "s", [&seen](const Message&) { seen += '.'; }) == 3);
    CHECK(seen == "abc...");
  }
  SUBCASE("by a lambda with its own state") {
    int count = 0;
    sessions.for_each_message(ada, "s", [&count, own = 0](const Message&) mutable { count = ++own; });
    CHECK(count == 3);
  }
  SUBCASE("by a function") {
    seen_by_a_function.clear();
    sessions.for_each_message(ada, "s", see);
    sessions.for_each_message(ada, "s", &see);
    CHECK(seen_by_a_function == "abcabc");
  }
  SUBCASE("and an exception of the visitor leaves the call") {
    CHECK_THROWS_AS(sessions.for_each_message(ada, "s", [](const Message&) { throw std::runtime_error("enough"); }),
                    std::runtime_error);
  }
}

TEST_CASE("cleanup hooks run through the handle") {
  auto storage = migrated();
  std::string deleted;
  storage.session_storage().add_cleanup_hook([&](const Context&, const std::string& id) { deleted = id; });
  storage.session_storage().save_session(ada, {.id = "s"});
  CHECK(storage.session_storage().delete_session(ada, "s"));
  CHECK(deleted == "s");
}

TEST_CASE("SQLite has the capabilities that its type has") {
  const support::TemporaryFolder folder;
  auto storage = AnyBackend::make<OnSqlite>(heddle::sqlite::Config{.path = (folder.path() / "a.db").string()});

  const auto inspection = heddle::migration_inspection(storage);
  REQUIRE(inspection);
  const auto pending = inspection->pending_migrations();
  REQUIRE(!pending.empty());
  CHECK(!pending.front().sql.empty());

  const auto report = heddle::detail_report(storage);
  REQUIRE(report);
  CHECK(report->details() == heddle::StorageDetails{.removes_expired_results = true,
                                                    .latest_version = static_cast<std::int32_t>(pending.size())});

  const auto migrator = heddle::migrator(storage);
  REQUIRE(migrator);
  CHECK(migrator->current_version() == 0);
  CHECK(migrator->pending() == pending);
  migrator->up({}, 1);
  CHECK(migrator->current_version() == 1);
  CHECK(migrator->applied().size() == 1);
  migrator->down({}, 1);
  CHECK(migrator->current_version() == 0);
  migrator->to({}, migrator->latest_version());
  CHECK(report->details().migration_version == migrator->latest_version());
  CHECK(inspection->pending_migrations().empty());
  CHECK(storage.pending_migrations().empty());
  CHECK(storage.details() == report->details());

  const auto backup = heddle::online_backup(storage);
  REQUIRE(backup);
  backup->back_up({}, folder.path() / "copy.db");
  CHECK(std::filesystem::exists(folder.path() / "copy.db"));

  CHECK(!heddle::soft_deletion(storage));
  CHECK(!heddle::administration(storage));
}

TEST_CASE("a capability that a backend lacks is null") {
  auto storage = AnyBackend::make<Plain>(heddle::sqlite::Config{.path = ":memory:"});
  storage.migrate();
  storage.ping();
  CHECK(storage.name().empty());
  CHECK(!heddle::migration_inspection(storage));
  CHECK(!heddle::detail_report(storage));
  CHECK(!heddle::online_backup(storage));
  CHECK(!heddle::soft_deletion(storage));
  CHECK(!heddle::administration(storage));
  CHECK(!heddle::migrator(storage));
  CHECK(code_of([&] { static_cast<void>(storage.pending_migrations()); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(storage.details()); }) == ErrorCode::failed_precondition);
}

TEST_CASE("capabilities that only other backends have work through the handle") {
  auto storage = AnyBackend::make<Grand>(heddle::sqlite::Config{.path = ":memory:"});
  CHECK(storage.name() == "grand");

  const auto deletion = heddle::soft_deletion(storage);
  REQUIRE(deletion);
  CHECK(deletion->soft_delete_session(ada, "hidden"));
  CHECK(!deletion->restore_session(ada, "hidden"));
  CHECK(deletion->purge_deleted_sessions(ada, std::chrono::seconds(30)) == 30);

  const auto administration = heddle::administration(storage);
  REQUIRE(administration);
  CHECK(administration->list_sessions({}, {.limit = 9}).total == 9);
  CHECK(administration->sessions_per_user({}).items.front() == heddle::SessionCount{"ada", 2});
  CHECK(administration->list_tenants({}).items == std::vector<std::string>{"ada"});
  CHECK(administration->statistics({}).users == 7);
  CHECK(administration->validate_permissions({}).bypasses_row_security);
}

TEST_CASE("references from a handle stay valid when it is moved") {
  auto first = migrated();
  auto& sessions = first.session_storage();
  sessions.save_session(ada, {.id = "s"});

  AnyBackend second = std::move(first);
  CHECK(&second.session_storage() == &sessions);
  CHECK(sessions.load_session(ada, "s"));

  // This tests an empty handle: NOLINTBEGIN(bugprone-use-after-move)
  CHECK(!first.has_value());
  CHECK(first.name().empty());
  CHECK(!heddle::migration_inspection(first));
  CHECK(!heddle::migrator(first));
  CHECK(code_of([&] { static_cast<void>(first.session_storage()); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { first.migrate(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { first.ping(); }) == ErrorCode::failed_precondition);
  first.close();
  // NOLINTEND(bugprone-use-after-move)

  first = std::move(second);
  CHECK(first.session_storage().load_session(ada, "s"));
}

TEST_CASE("assigning to a handle closes its former backend") {
  const support::TemporaryFolder folder;
  const auto file = (folder.path() / "a.db").string();
  auto storage = AnyBackend::make<OnSqlite>(heddle::sqlite::Config{.path = file});
  storage.migrate();
  CHECK(std::filesystem::exists(file + "-wal"));
  storage = migrated();
  CHECK(!std::filesystem::exists(file + "-wal"));
}

TEST_CASE("a closed backend refuses calls through the handle") {
  auto storage = migrated();
  auto& sessions = storage.session_storage();
  storage.close();
  storage.close();
  CHECK(code_of([&] { storage.ping(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(sessions.statistics(ada)); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(heddle::detail_report(storage)->details()); }) ==
        ErrorCode::failed_precondition);
}
