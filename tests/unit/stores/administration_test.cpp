#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/sqlite.hpp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
#include "unit/stores/administered.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace administered;
using namespace heddle;
using support::code_of;

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

using OnAdministered = Backend<Administered, Listening>;
using Silent = Backend<Administered>;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

sqlite::Config in_memory() {
  return {.path = ":memory:", .administer_tenants = true, .soft_delete = {.enabled = true}};
}

/// Waits until a condition is true, at most a minute.
template <class Condition>
bool comes(Condition&& condition) {
  for (int step = 0; step < 6000 && !condition(); ++step) { std::this_thread::sleep_for(milliseconds(10)); }
  return condition();
}

}  // namespace

static_assert(StorageBackend<Silent> && AdministersTenants<Silent> && SoftDeletes<Silent>);
static_assert(StorageBackend<OnAdministered> && AdministersTenants<OnAdministered> && SoftDeletes<OnAdministered>);
static_assert(WarnedSpan<Listening::Span> && CountedSpan<Listening::Span>);
static_assert(!WarnedSpan<NoTracing::Span> && !CountedSpan<NoTracing::Span>);

TEST_CASE("an administrator sees the sessions of all tenants, page by page") {
  Silent backend(in_memory());
  backend.migrate();
  for (int each = 0; each < 5; ++each) {
    backend.session_storage().save_session(each % 2 == 0 ? ada : bob, {.id = "s" + std::to_string(each)});
  }
  std::vector<std::string> seen;
  std::string last_cursor;
  PageRequest request{.limit = 2};
  do {
    const auto overview = backend.admin_storage().list_sessions({}, request);
    CHECK(overview.total == 5);
    CHECK(overview.sessions.items.size() <= 2);
    for (const auto& session : overview.sessions.items) { seen.push_back(session.user_id + "/" + session.id); }
    request.cursor = overview.sessions.next;
    if (!request.cursor.empty()) { last_cursor = request.cursor; }
  } while (!request.cursor.empty());
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::string>{"ada/s0", "ada/s2", "ada/s4", "bob/s1", "bob/s3"});

  const auto first = backend.admin_storage().sessions_per_user({}, {.limit = 1});
  CHECK(first.items == std::vector<SessionCount>{{"ada", 3}});
  const auto rest = backend.admin_storage().sessions_per_user({}, {.limit = 1, .cursor = first.next});
  CHECK(rest.items == std::vector<SessionCount>{{"bob", 2}});
  CHECK(rest.next.empty());

  CHECK(backend.admin_storage().statistics({}).users == 2);
  for (const std::string& cursor :
       {std::string("12"), support::with_position(last_cursor, "1"), support::with_position(last_cursor, "1."),
        support::with_position(last_cursor, "1.x"), support::with_position(last_cursor, "1.1x"), first.next}) {
    CAPTURE(cursor);
    CHECK(code_of([&] { static_cast<void>(backend.admin_storage().list_sessions({}, {.cursor = cursor})); }) ==
          ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(backend.admin_storage().sessions_per_user({}, {.limit = -1})); }) ==
        ErrorCode::invalid_argument);
}

TEST_CASE("the privileges that the administrator's role lacks are returned, and the tracer is warned") {
  const Listening tracer;
  OnAdministered backend(in_memory(), tracer);
  const auto permissions = backend.admin_storage().validate_permissions({});
  CHECK(!permissions.bypasses_row_security);
  CHECK(permissions.problems ==
        std::vector<std::string>{"the administrator's role does not see the rows of all tenants in artifacts, sessions",
                                 "the administrator's role may not change and remove rows of artifacts"});
  CHECK(tracer.told->warnings == permissions.problems);
  // A tracer without warnings is a tracer too.
  CHECK(Silent(in_memory()).admin_storage().validate_permissions({}).problems == permissions.problems);

  CHECK(heddle::stores::detail::permissions_of({{"sessions", true, true, true}}).problems.empty());
  CHECK(heddle::stores::detail::permissions_of({{"sessions", true, true, true}}).bypasses_row_security);
  CHECK(!heddle::stores::detail::permissions_of({}).bypasses_row_security);
  CHECK(heddle::stores::detail::permissions_of({}).problems.size() == 1);
}

TEST_CASE("a session is hidden and restored") {
  Silent backend(in_memory());
  backend.migrate();
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "s"});
  CHECK(!sessions.restore_session(ada, "s"));
  CHECK(!sessions.soft_delete_session(bob, "s"));
  CHECK(sessions.soft_delete_session(ada, "s", {.idempotency_key = "k"}));
  CHECK(sessions.soft_delete_session(ada, "s", {.idempotency_key = "k"}));
  CHECK(!sessions.soft_delete_session(ada, "s"));
  CHECK(code_of([&] { sessions.restore_session(ada, "s", {.idempotency_key = "k"}); }) == ErrorCode::invalid_argument);
  CHECK(sessions.restore_session(ada, "s", {.idempotency_key = "r"}));
  CHECK(sessions.restore_session(ada, "s", {.idempotency_key = "r"}));
  CHECK(!sessions.restore_session(ada, "s"));
  CHECK(code_of([&] { sessions.soft_delete_session(ada, ""); }) == ErrorCode::invalid_argument);
}

TEST_CASE("hidden sessions are removed in batches, with their files and hooks") {
  const support::TemporaryFolder folder;
  auto config = in_memory();
  config.artifact_directory = folder.path();
  const Listening tracer;
  OnAdministered backend(config, tracer);
  backend.migrate();
  auto& sessions = backend.session_storage();
  constexpr int many = 250;
  for (int each = 0; each < many; ++each) {
    const auto& owner = each % 2 == 0 ? ada : bob;
    const std::string id = "s" + std::to_string(each);
    sessions.save_session(owner, {.id = id});
    const auto files = backend.artifact_store().folder(owner, ArtifactFolder::agent, id);
    fs::create_directories(files);
    std::ofstream(files / "a.txt") << "a";
    REQUIRE(sessions.soft_delete_session(owner, id));
  }
  sessions.save_session(ada, {.id = "stays"});
  std::vector<std::string> cleaned;
  sessions.add_cleanup_hook([&](const Context& context, const std::string& id) {
    cleaned.push_back(context.user_id + "/" + id);
    if (id == "s3" || id == "s200") { throw std::runtime_error(id); }
  });

  CHECK(sessions.purge_deleted_sessions({}, seconds(3600)) == 0);
  CHECK(sessions.purge_deleted_sessions({}, seconds::max()) == 0);
  CHECK(code_of([&] { sessions.purge_deleted_sessions({}, seconds(-1)); }) == ErrorCode::invalid_argument);
  CHECK(cleaned.empty());

  Administered::Engine::administered = 0;
  CHECK_THROWS_WITH_AS(sessions.purge_deleted_sessions({}, seconds(0)), "s3", std::runtime_error);
  CHECK(Administered::Engine::administered == 26);
  CHECK(cleaned.size() == many);
  CHECK(std::count(cleaned.begin(), cleaned.end(), "ada/s0") == 1);
  CHECK(std::count(cleaned.begin(), cleaned.end(), "bob/s249") == 1);
  CHECK(tracer.told->counts == std::vector<std::int64_t>{0, 0, many});
  CHECK(sessions.load_session(ada, "stays"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 0);
  CHECK(sessions.purge_deleted_sessions({}, seconds(0)) == 0);
}

TEST_CASE("a purge ends with the database's error") {
  Silent backend(in_memory());
  backend.migrate();
  Administered::Engine::fail_from_now_on = true;
  CHECK(code_of([&] { backend.session_storage().purge_deleted_sessions({}, seconds(0)); }) == ErrorCode::unavailable);
  Administered::Engine::fail_from_now_on = false;
}

namespace {

/// Counts its purges.
struct FakeSessions {
  std::int64_t purge_deleted_sessions(const Context& context, seconds grace_period) {
    grace = grace_period;
    ++calls;
    if (wait_for_stop) {
      while (!context.stop.stop_requested()) { std::this_thread::sleep_for(milliseconds(1)); }
      throw Error(ErrorCode::cancelled, "stopped");
    }
    throw std::runtime_error("every time");
  }
  std::atomic<int> calls{0};
  std::atomic<seconds> grace{};
  std::atomic<bool> wait_for_stop{false};
};

/// Counts its purges.
struct FakeArtifacts {
  std::int64_t purge_deleted(const Context& /*context*/, seconds /*grace_period*/) { return ++calls; }
  std::atomic<int> calls{0};
};

using heddle::stores::detail::PurgePlan;
using PurgeTimer = heddle::stores::detail::PurgeTimer<FakeSessions, FakeArtifacts>;

/// Sessions that no code of the program purges.
struct UnusedSessions {
  std::int64_t purge_deleted_sessions(const Context& context, seconds grace_period);
};

/// Rules that no code of the program applies.
struct UnusedRetention {
  void apply(const Context& context, const RetentionConfig& config);
};

}  // namespace

TEST_CASE("a purge_timer without compiled code for its work is refused, and needs none without a plan") {
  using Timer = heddle::stores::detail::PurgeTimer<UnusedSessions, FakeArtifacts>;
  UnusedSessions sessions;
  FakeArtifacts artifacts;
  const Timer idle(sessions, artifacts, std::nullopt);
  CHECK(code_of([&] { const Timer timer(sessions, artifacts, PurgePlan{}); }) == ErrorCode::failed_precondition);
}

TEST_CASE("the purge_timer runs at its interval, also after failures") {
  PurgeTimer::compile();
  FakeSessions sessions;
  FakeArtifacts artifacts;
  {
    PurgeTimer purge_timer(sessions, artifacts, PurgePlan{milliseconds(1), milliseconds(1), seconds(7)});
    CHECK(comes([&] { return sessions.calls >= 3; }));
    // After the failures of sessions.
    CHECK(comes([&] { return artifacts.calls >= 3; }));
    CHECK(sessions.grace.load() == seconds(7));
    purge_timer.stop();
    purge_timer.stop();
  }
  const int calls = sessions.calls;
  std::this_thread::sleep_for(milliseconds(20));
  CHECK(sessions.calls == calls);
}

TEST_CASE("the purge_timer stops while it waits and while it works") {
  FakeSessions sessions;
  FakeArtifacts artifacts;
  SUBCASE("waiting") { const PurgeTimer purge_timer(sessions, artifacts, PurgePlan{std::chrono::hours(1), {}, {}}); }
  SUBCASE("at work") {
    sessions.wait_for_stop = true;
    const PurgeTimer purge_timer(sessions, artifacts, PurgePlan{milliseconds(0), std::chrono::hours(1), {}});
    CHECK(comes([&] { return sessions.calls == 1; }));
  }
  SUBCASE("never started") {
    PurgeTimer purge_timer(sessions, artifacts, std::nullopt);
    purge_timer.stop();
  }
}

TEST_CASE("the configuration sets the purge_timer's interval") {
  CHECK(!heddle::stores::detail::purge_plan_of(heddle::sqlite::Config{}));
  const auto plan =
      heddle::stores::detail::purge_plan_of(sqlite::Config{.soft_delete = {true, seconds(9), std::chrono::hours(24)}});
  REQUIRE(plan);
  CHECK(plan->first == std::chrono::minutes(1));
  CHECK(plan->interval == std::chrono::hours(24));
  CHECK(plan->grace_period == seconds(9));
  // Longer than a clock can count.
  CHECK(heddle::stores::detail::purge_plan_of(sqlite::Config{.soft_delete = {true, {}, seconds::max()}})->interval <
        std::chrono::hours(9000));
}

TEST_CASE("a backend removes sessions by itself until it is closed") {
  auto config = in_memory();
  config.soft_delete = {true, seconds(0), seconds(1)};
  const Listening tracer;
  OnAdministered backend(config, tracer);
  backend.migrate();
  backend.session_storage().save_session(ada, {.id = "s"});
  REQUIRE(backend.session_storage().soft_delete_session(ada, "s"));
  bool hooked = false;
  std::atomic<bool> closed_by_hook{false};
  SUBCASE("by another thread") {}
  SUBCASE("by one of its hooks") {
    hooked = true;
    backend.session_storage().add_cleanup_hook([&](const Context& /*context*/, const std::string& /*id*/) {
      backend.close();
      closed_by_hook = true;
    });
  }
  CHECK(comes([&] {
    const std::lock_guard lock(tracer.told->mutex);
    return std::count(tracer.told->counts.begin(), tracer.told->counts.end(), 1) == 1;
  }));
  backend.close();
  CHECK(closed_by_hook == hooked);
}

TEST_CASE("administration and soft deletion through a handle") {
  auto storage = AnyBackend::make<Silent>(in_memory());
  storage.migrate();
  storage.session_storage().save_session(ada, {.id = "s"});
  const auto deletion = soft_deletion(storage);
  REQUIRE(deletion);
  CHECK(deletion->soft_delete_session(ada, "s", {.idempotency_key = "k"}));
  CHECK(deletion->soft_delete_session(ada, "s", {.idempotency_key = "k"}));
  CHECK(deletion->restore_session(ada, "s", {.idempotency_key = "r"}));
  const auto administration = heddle::administration(storage);
  REQUIRE(administration);
  CHECK(administration->list_sessions({}).total == 1);
  CHECK(administration->sessions_per_user({}).items.size() == 1);
  CHECK(administration->statistics({}).sessions == 1);
  CHECK(!administration->validate_permissions({}).bypasses_row_security);
  CHECK(deletion->soft_delete_session(ada, "s"));
  CHECK(administration->statistics({}).sessions == 0);
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(!storage.session_storage().load_session(ada, "s"));

  storage.close();
  CHECK(code_of([&] { static_cast<void>(administration->statistics({})); }) == ErrorCode::failed_precondition);
}

TEST_CASE("administration and soft deletion are null where the configuration does not allow them") {
  const auto refused = [](auto&& use) { return code_of(use) == ErrorCode::failed_precondition; };
  const auto check = [&](auto& backend) {
    auto administration = heddle::administration(backend);
    auto deletion = soft_deletion(backend);
    static_assert(decltype(administration)::possible && decltype(deletion)::possible);
    CHECK(!administration);
    CHECK(!deletion);
    CHECK(refused([&] { static_cast<void>(administration->statistics({})); }));
    CHECK(refused([&] { deletion->soft_delete_session(ada, "s"); }));
  };
  Silent backend({.path = ":memory:"});
  backend.migrate();
  CHECK(!backend.can_administer());
  CHECK(!backend.can_soft_delete());
  check(backend);
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "s"});
  CHECK(refused([&] { sessions.soft_delete_session(ada, "s"); }));
  CHECK(refused([&] { sessions.purge_deleted_sessions({}, seconds(0)); }));
  CHECK(refused([&] { static_cast<void>(backend.admin_storage().statistics({})); }));
  CHECK(refused([&] { static_cast<void>(backend.admin_storage().validate_permissions({})); }));
  CHECK(sessions.load_session(ada, "s"));
  CHECK(!sessions.restore_session(ada, "s"));

  auto storage = AnyBackend::make<Silent>(sqlite::Config{.path = ":memory:"});
  check(storage);
}

TEST_CASE("an administrator need not remove sessions") {
  const Silent backend({.path = ":memory:", .administer_tenants = true});
  CHECK(backend.can_administer());
  CHECK(!backend.can_soft_delete());
}

TEST_CASE("rules of retention that cannot hold are refused") {
  const auto refused = [](const RetentionConfig& retention, bool administers) {
    return code_of([&] {
             const Silent backend({.path = ":memory:", .administer_tenants = administers, .retention = retention});
           }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.errors = {.max_count = 1}}, false));
  CHECK(refused({.errors = {.max_count = -1}}, true));
  CHECK(refused({.keys = {.max_age = seconds(-1)}}, true));
  CHECK(refused({.interval = seconds(0)}, false));
  Silent backend({.path = ":memory:"});
  backend.migrate();
  CHECK(!heddle::retention(backend));
  CHECK(code_of([&] { backend.apply_retention({}, {.errors = {.max_count = 1}}); }) == ErrorCode::failed_precondition);
}

TEST_CASE("a timer of retention without compiled code for its work is refused, and needs none without rules") {
  using Timer = heddle::stores::detail::RetentionTimer<UnusedRetention>;
  UnusedRetention unused;
  const Timer idle(unused, {});
  CHECK(!idle.is_planned());
  CHECK(code_of([&] { const Timer timer(unused, {.keys = {.max_count = 1}}); }) == ErrorCode::failed_precondition);
}

TEST_CASE("a configuration of soft deletion that cannot hold is refused") {
  const auto refused = [](SoftDeleteConfig soft_delete, bool administers) {
    return code_of([&] {
             const Silent backend({.path = ":memory:", .administer_tenants = administers, .soft_delete = soft_delete});
           }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.enabled = true}, false));
  CHECK(refused({.grace_period = seconds(-1)}, true));
  CHECK(refused({.cleanup_interval = seconds(0)}, true));
}
