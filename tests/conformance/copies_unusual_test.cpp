#include "conformance/copies.hpp"
#include "conformance/migration_places.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using support::digest_of;
using support::error_of;

// Copies of what is unusual, and while others work on the same tenants.

namespace {

/// What an observer throws.
struct Enough {};

bool says_where(const Error& error, const std::string& where) {
  return std::string_view(error.what()).find(where) != std::string_view::npos;
}

/// Begins to store a stream, and leaves it after the first batch.
template <class Backend>
void import_half(Backend& backend, const Context& context, const std::string& stream, OnConflict on_conflict) {
  CHECK_THROWS_AS(import_user(backend, context, stream,
                              {.on_conflict = on_conflict,
                               .into_other_tenant = true,
                               .artifact_quota = true,
                               .on_progress = [](const auto& /*progress*/) { throw Enough(); }}),
                  Enough);
}

}  // namespace

COPY_TEST("ids that a statement, a path or a message could misread are copied") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  const std::vector<std::string> ids{
      "'; DROP TABLE sessions; --", "../../etc/passwd",          "a\"b\\c\nd\x01", "%_*?",
      "\u202e\U0001F600",           std::string(limits::id, 'x')};
  for (const std::string& id : ids) {
    const Context context = Context::for_user(id);
    const std::string inner = id.find('\n') == std::string::npos ? id : "s";
    add_session(from.backend(), context, inner);
    from.backend().session_storage().save_message(context, inner, says(id));
    from.backend().artifact_store().put(context, {.id = inner, .name = inner, .session_id = inner}, id);
  }
  std::vector<std::string> seen;
  const CopyOptions options{.on_progress = [&](const CopyProgress& progress) {
    if (progress.state == CopyState::copied) { seen.push_back(progress.tenant); }
  }};
  CHECK(copy(from.backend(), to.backend(), {}, options).copied == static_cast<std::int64_t>(ids.size()));
  CHECK(seen.size() == ids.size());
  for (const std::string& id : ids) {
    CAPTURE(id);
    const Context context = Context::for_user(id);
    CHECK(digest_of(to.backend(), context) == digest_of(from.backend(), context));
    const std::string artifact = id.find('\n') == std::string::npos ? id : "s";
    CHECK(content_of(to.backend().artifact_store(), context, artifact) == id);
  }
}

COPY_TEST("hidden sessions are copied, stay hidden, and can be shown again") {
  const Settings hiding{.soft_delete = {.enabled = true}};
  typename Pair::Source from(hiding);
  typename Pair::Target to(hiding);
  for (const char* id : {"hidden", "seen"}) {
    add_session(from.backend(), alice, id);
    from.backend().session_storage().save_message(alice, id, says(id));
  }
  REQUIRE(soft_deletion(from.backend())->soft_delete_session(alice, "hidden"));
  // A tenant that has nothing else.
  add_session(from.backend(), bob, "hidden");
  REQUIRE(soft_deletion(from.backend())->soft_delete_session(bob, "hidden"));
  CHECK(copy(from.backend(), to.backend()).copied == 2);
  auto& store = to.backend().session_storage();
  CHECK(store.list_sessions(alice).items == Ids{"seen"});
  CHECK(store.list_sessions(bob).items.empty());
  CHECK(soft_deletion(to.backend())->restore_session(alice, "hidden"));
  CHECK(texts(store.load_messages(alice, "hidden").items) == std::vector<std::string>{"hidden"});
  CHECK(soft_deletion(to.backend())->restore_session(bob, "hidden"));
}

COPY_TEST("quotas are copied, and those at the target give way") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  const Context carol = Context::for_user("carol");
  const auto quota = [](auto& backend, const Context& context) {
    return backend.artifact_store().content_usage(context).quota_bytes;
  };
  // A quota alone; with data; data without one.
  from.backend().artifact_store().set_quota(alice, 1000);
  from.backend().artifact_store().set_quota(bob, 2000);
  for (const Context& context : {bob, carol}) { add_session(from.backend(), context, "s"); }
  for (const Context& context : {alice, bob, carol}) { to.backend().artifact_store().set_quota(context, 7); }
  CHECK(copy(from.backend(), to.backend()).copied == 3);
  CHECK(quota(to.backend(), alice) == 1000);
  CHECK(quota(to.backend(), bob) == 2000);
  CHECK(quota(to.backend(), carol) == std::nullopt);
  CHECK(copy(from.backend(), to.backend()).unchanged == 3);
}

COPY_TEST("a tenant that has removed all of its data is no other one at the next copy") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  from.backend().artifact_store().put(alice, {.id = "a", .name = "a"}, "bytes");
  CHECK(from.backend().artifact_store().remove(alice, "a", DeleteMode::hard));
  for (int call = 0; call < 2; ++call) {
    const CopyReport report = copy(from.backend(), to.backend());
    CHECK(report.copied == 0);
    CHECK(report.unchanged == report.tenants);
  }
  add_session(to.backend(), alice, "s");
}

COPY_TEST("an import of another stream that has not ended gives way to the copy") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill(from.backend(), bob);
  const std::string stream = exported(from.backend(), bob).bytes;
  fill_messages(from.backend(), alice);
  import_half(to.backend(), alice, stream, OnConflict::fail);
  const CopyReport report = copy(from.backend(), to.backend());
  CHECK(report.copied == 2);
  CHECK(report.resumed == 0);
  CHECK(digest_of(to.backend(), alice) == digest_of(from.backend(), alice));
  CHECK(!abort_import(to.backend(), alice));
}

COPY_TEST("data beside an import that has not ended is refused or kept, and never lost") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill(from.backend(), bob);
  const std::string stream = exported(from.backend(), bob).bytes;
  add_session(from.backend(), alice, "s");
  add_session(to.backend(), alice, "mine");
  const std::string mine = digest_of(to.backend(), alice);
  for (const bool keep : {false, true}) {
    CAPTURE(keep);
    import_half(to.backend(), alice, stream, OnConflict::skip);
    if (keep) {
      CHECK(copy(from.backend(), to.backend(), {}, {.keep_other_data = true}).kept == 1);
    } else {
      const Error error = error_of([&] { copy(from.backend(), to.backend()); });
      CHECK(error.code() == ErrorCode::conflict);
      CHECK(says_where(error, "the tenant \"alice\" has other data at the target"));
    }
    to.backend().artifact_store().set_quota(alice, std::nullopt);
    CHECK(digest_of(to.backend(), alice) == mine);
  }
  CHECK(digest_of(to.backend(), bob) == digest_of(from.backend(), bob));
}

COPY_TEST("what the source gets behind the read of a tenant is not copied, and is other data for the next copy") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  for (const Context& context : {alice, bob}) { fill_messages(from.backend(), context); }
  const std::string before = digest_of(from.backend(), bob);
  const auto write = [&](const CopyProgress& progress) {
    if (progress.state != CopyState::storing) { return; }
    from.backend().session_storage().save_message(Context::for_user(progress.tenant), "root", says("later"));
  };
  CHECK(copy(from.backend(), to.backend(), {}, {.on_progress = write}).copied == 2);
  CHECK(digest_of(to.backend(), bob) == before);
  CHECK(digest_of(from.backend(), bob) != before);
  CHECK(code_of([&] { copy(from.backend(), to.backend()); }) == ErrorCode::conflict);
  CHECK(digest_of(to.backend(), bob) == before);
}

COPY_TEST("two copies at once store nothing twice and lose nothing") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  for (const Context& context : {alice, bob}) { fill(from.backend(), context); }
  const auto run = [&](std::optional<CopyReport>& report, std::string& failure) {
    while (!report && failure.empty()) {
      try {
        report = copy(from.backend(), to.backend());
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) { failure = error.what(); }
      }
    }
  };
  std::optional<CopyReport> one;
  std::optional<CopyReport> two;
  std::string failure_of_one;
  std::string failure_of_two;
  {
    const std::jthread other([&] { run(two, failure_of_two); });
    run(one, failure_of_one);
  }
  CHECK(failure_of_one.empty());
  CHECK(failure_of_two.empty());
  for (const Context& context : {alice, bob}) {
    CHECK(digest_of(to.backend(), context) == digest_of(from.backend(), context));
  }
  CHECK(copy(from.backend(), to.backend()).unchanged == 2);
}

COPY_TEST("a copy ends with its deadline, and nothing more is stored") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  for (const Context& context : {alice, bob}) { fill_messages(from.backend(), context); }
  Context late;
  late.deadline = Context::Clock::now();
  CHECK(code_of([&] { copy(from.backend(), to.backend(), late); }) == ErrorCode::deadline_exceeded);
  late.deadline.reset();
  const CopyOptions over_between{.on_progress = [&](const CopyProgress& progress) {
    if (progress.state == CopyState::copied) { late.deadline = Context::Clock::now(); }
  }};
  CHECK(code_of([&] { copy(from.backend(), to.backend(), late, over_between); }) == ErrorCode::deadline_exceeded);
  CHECK(digest_of(to.backend(), alice) == digest_of(from.backend(), alice));
  CHECK(exported(to.backend(), bob).report.records == 0);
}

COPY_TEST("an error names the side and the tenant, and that of an observer stays as it is") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill_messages(from.backend(), alice);
  const auto observe = [](const CopyProgress& progress) {
    if (progress.state == CopyState::storing) { throw Error(ErrorCode::not_found, "mine"); }
  };
  const Error mine = error_of([&] { copy(from.backend(), to.backend(), {}, {.on_progress = observe}); });
  CHECK(mine.code() == ErrorCode::not_found);
  CHECK(std::string_view(mine.what()) == "mine");

  import_half(from.backend(), bob, exported(from.backend(), alice).bytes, OnConflict::fail);
  const Error of_source = error_of([&] { copy(from.backend(), to.backend()); });
  CHECK(of_source.code() == ErrorCode::failed_precondition);
  CHECK(says_where(of_source, "at the source, the tenant \"bob\": "));
  CHECK(abort_import(from.backend(), bob));

  to.backend().close();
  const Error of_target = error_of([&] { copy(from.backend(), to.backend()); });
  CHECK(of_target.code() == ErrorCode::failed_precondition);
  CHECK(says_where(of_target, "at the target, the tenant \"alice\": "));
}

TEST_CASE("a target that is not migrated, or to an older schema, is refused with what to do") {
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  File from(administered);
#else
  OnFile from(administered);
#endif
  fill_messages(from.backend(), alice);
  EmptyPlace place;
  EmptyPlace::Storage to(place.config());
  const auto refused = [&] {
    const Error error = error_of([&] { copy(from.backend(), to); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(says_where(error, "migrate"));
  };
  refused();
  to.migrate();
  // Tables of imports and tenants are there.
  to.migrator().down({}, 1);
  refused();
  to.migrator().up({});
  CHECK(copy(from.backend(), to).copied == 1);
}
