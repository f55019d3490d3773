#include "heddle/capabilities.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/plain_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

using namespace heddle;
using support::error_of;
using support::Plain;

namespace {

using OnSqlite = Backend<Sqlite>;

// The compiler knows what a static backend lacks, but not what a handle lacks.
static_assert(decltype(online_backup(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(scrubbing(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(compaction(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(retention(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(detail_report(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(migration_inspection(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(migrator(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(soft_deletion(std::declval<OnSqlite&>()))::possible);
static_assert(decltype(administration(std::declval<OnSqlite&>()))::possible);
static_assert(!decltype(online_backup(std::declval<Plain&>()))::possible);
static_assert(!decltype(scrubbing(std::declval<Plain&>()))::possible);
static_assert(!decltype(compaction(std::declval<Plain&>()))::possible);
static_assert(!decltype(retention(std::declval<Plain&>()))::possible);
static_assert(!decltype(detail_report(std::declval<Plain&>()))::possible);
static_assert(!decltype(migration_inspection(std::declval<Plain&>()))::possible);
static_assert(!decltype(migrator(std::declval<Plain&>()))::possible);
static_assert(!decltype(soft_deletion(std::declval<Plain&>()))::possible);
static_assert(!decltype(administration(std::declval<Plain&>()))::possible);
static_assert(decltype(online_backup(std::declval<AnyBackend&>()))::possible);
static_assert(decltype(soft_deletion(std::declval<AnyBackend&>()))::possible);
static_assert(decltype(administration(std::declval<AnyBackend&>()))::possible);

/// Server code, written once: what it does depends on the capabilities of the backend.
std::string tidy_up(StorageBackend auto& storage, const std::filesystem::path& copy) {
  std::string done;
  if (const auto inspection = migration_inspection(storage)) {
    done += inspection->pending_migrations().empty() ? "nothing to migrate" : "migrations are pending";
  }
  if (const auto steps = migrator(storage)) { done += ", version " + std::to_string(steps->current_version()); }
  if (const auto report = detail_report(storage)) { done += report->details().pool ? ", a pool" : ", no pool"; }
  if (const auto backup = online_backup(storage)) {
    backup->back_up({}, copy);
    done += ", copied";
  }
  if (const auto deletion = soft_deletion(storage)) { deletion->purge_deleted_sessions({}, std::chrono::hours(1)); }
  if (const auto admin = administration(storage)) { done += std::to_string(admin->statistics({}).users); }
  return done;
}

/// Checks that `use` throws `failed_precondition` with this message.
template <class Use>
void refuses(const char* sentence, Use&& use) {
  const Error error = error_of(use);
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()) == sentence);
}

/// Checks a backend that has no capability: each view is null, and using it throws.
template <class Storage>
void has_nothing(Storage& storage) {
  CHECK(!migration_inspection(storage));
  CHECK(!detail_report(storage));
  CHECK(!online_backup(storage));
  CHECK(!reindexing(storage));
  CHECK(!scrubbing(storage));
  CHECK(!compaction(storage));
  CHECK(!retention(storage));
  CHECK(!soft_deletion(storage));
  CHECK(!administration(storage));
  CHECK(!migrator(storage));
  refuses("this backend cannot list pending migrations",
          [&] { static_cast<void>(migration_inspection(storage)->pending_migrations()); });
  refuses("this backend cannot report its details", [&] { static_cast<void>(detail_report(storage)->details()); });
  refuses("this backend cannot copy its database while it is in use",
          [&] { online_backup(storage)->back_up({}, "never"); });
  refuses("this backend cannot soft-delete sessions", [&] { soft_deletion(storage)->restore_session({}, "s"); });
  refuses("this backend cannot administer across tenants",
          [&] { static_cast<void>((*administration(storage)).statistics({})); });
  refuses("this backend cannot run migrations step by step",
          [&] { static_cast<void>((*migrator(storage)).current_version()); });
}

}  // namespace

TEST_CASE("the capability functions are the same for a backend of a known type and for a handle") {
  const support::TemporaryFolder folder;
  OnSqlite backend({.path = ":memory:"});
  CHECK(tidy_up(backend, folder.path() / "first.db").starts_with("migrations are pending, version 0, no pool, copied"));
  backend.migrate();
  const std::string done = tidy_up(backend, folder.path() / "second.db");
  CHECK(done.starts_with("nothing to migrate, version "));
  CHECK(std::filesystem::exists(folder.path() / "second.db"));

  auto storage = AnyBackend::make<OnSqlite>(sqlite::Config{.path = ":memory:"});
  storage.migrate();
  CHECK(tidy_up(storage, folder.path() / "third.db") == done);
  CHECK(std::filesystem::exists(folder.path() / "third.db"));

  Plain plain;
  CHECK(tidy_up(plain, folder.path() / "never.db").empty());
}

TEST_CASE("a missing capability is null, and using it is an error that names it") {
  SUBCASE("of a backend of a known type") {
    Plain plain;
    has_nothing(plain);
  }
  SUBCASE("behind a handle") {
    auto storage = AnyBackend::make<Plain>();
    has_nothing(storage);
  }
  SUBCASE("of a handle that was moved from") {
    auto storage = AnyBackend::make<OnSqlite>(sqlite::Config{.path = ":memory:"});
    const AnyBackend other = std::move(storage);
    has_nothing(storage);  // NOLINT(bugprone-use-after-move)
  }
}

TEST_CASE("a view can be stored and passed on") {
  OnSqlite backend({.path = ":memory:"});
  backend.migrate();
  const auto check = [](auto report) {
    REQUIRE(report);
    return report->details().migration_version;
  };
  auto storage = AnyBackend::make<OnSqlite>(sqlite::Config{.path = ":memory:"});
  storage.migrate();
  const auto of_backend = detail_report(backend);
  const auto of_handle = detail_report(storage);
  CHECK(check(of_backend) > 0);
  CHECK(check(of_backend) == check(of_handle));
}
