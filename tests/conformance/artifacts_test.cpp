#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

CONFORMANCE_TEST("an artifact is returned as it was stored") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  for (const auto& session : {std::optional<std::string>(), std::optional<std::string>("s")}) {
    Artifact artifact = full_artifact();
    artifact.session_id = session;
    artifact.revision = session ? 1 : 0;
    const Timestamp before = now();
    CHECK(store.index(alice, artifact) == "a");
    auto loaded = store.get(alice, "a");
    REQUIRE(loaded.has_value());
    CHECK(loaded->updated_at >= before);
    artifact.updated_at = loaded->updated_at;
    ++artifact.revision;
    CHECK(*loaded == artifact);
    CHECK(store.get_by_name(alice, artifact.name, session) == loaded);
    CHECK(store.list(alice).items == std::vector{*loaded});
    const auto found = store.search(alice, {.query = "purpose"});
    REQUIRE(found.items.size() == 1);
    CHECK(static_cast<const Artifact&>(found.items.front()) == *loaded);
  }
}

CONFORMANCE_TEST("an artifact without id and times gets them") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const Timestamp before = now();
  const std::string id = store.index(alice, {.name = "n"});
  CHECK(id.size() == 36);
  CHECK(id != store.index(alice, {.name = "n"}));
  const auto loaded = store.get(alice, id).value();
  CHECK(loaded.created_at >= before);
  CHECK(loaded.created_at <= now());
  CHECK(loaded.updated_at >= loaded.created_at);
  CHECK(
      loaded ==
      Artifact{.id = id, .name = "n", .created_at = loaded.created_at, .updated_at = loaded.updated_at, .revision = 1});
}

CONFORMANCE_TEST("indexing again updates, and keeps the fields that the store sets") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, full_artifact());
  REQUIRE(store.record_access(alice, "a"));
  const auto before = store.get(alice, "a").value();

  Artifact changed{.id = "a", .name = "new", .source = ArtifactSource::agent, .tags = {"t"}, .revision = 1};
  changed.created_at = Timestamp{1us};
  changed.access_count = 99;
  changed.last_accessed_at = Timestamp{2us};
  const auto keeps_its_own = [&] {
    const auto after = store.get(alice, "a").value();
    changed.created_at = before.created_at;
    changed.access_count = 8;
    changed.last_accessed_at = before.last_accessed_at;
    changed.updated_at = after.updated_at;
    ++changed.revision;
    CHECK(after == changed);
    CHECK(after.updated_at >= before.updated_at);
  };
  CHECK(store.index(alice, changed) == "a");
  keeps_its_own();

  changed = {.id = "a", .name = "newer", .purpose = "p", .metadata = {{"k", "v"}}, .revision = 2};
  changed.created_at = Timestamp{1us};
  changed.access_count = 99;
  changed.deleted_at = now();  // set by `remove` only
  CHECK(store.update(alice, changed));
  changed.deleted_at.reset();
  keeps_its_own();
  CHECK(store.statistics(alice).files == 1);
}

CONFORMANCE_TEST("update returns false if there is nothing to update") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  CHECK_FALSE(store.update(alice, full_artifact()));
  CHECK_FALSE(store.get(alice, "a").has_value());
  store.index(alice, full_artifact());
  REQUIRE(store.remove(alice, "a", DeleteMode::soft));
  CHECK_FALSE(store.update(alice, full_artifact()));
  CHECK(code_of([&] { store.update(alice, {.name = "no id"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 7: a soft-deleted artifact is not overwritten") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, full_artifact());
  REQUIRE(store.remove(alice, "a", DeleteMode::soft));
  const auto before = store.list(alice, {.include_deleted = true}).items;
  REQUIRE(before.size() == 1);
  REQUIRE(before[0].deleted_at.has_value());

  CHECK(code_of([&] { store.index(alice, {.id = "a", .name = "new"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { store.index(alice, before[0]); }) == ErrorCode::failed_precondition);
  CHECK(store.list(alice, {.include_deleted = true}).items == before);
  // A given `deleted_at` neither deletes an artifact nor stores a hidden one.
  Artifact fresh = before[0];
  fresh.id = "b";
  fresh.revision = 0;
  store.index(alice, fresh);
  CHECK(store.get(alice, "b").has_value());
}

CONFORMANCE_TEST("fault 27: something missing is an empty optional or false, not an error") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  CHECK_FALSE(store.get(alice, "none").has_value());
  CHECK_FALSE(store.get_by_name(alice, "none").has_value());
  CHECK_FALSE(store.get_by_name(alice, "none", "none").has_value());
  CHECK_FALSE(store.record_access(alice, "none"));
  CHECK_FALSE(store.remove(alice, "none", DeleteMode::soft));
  CHECK_FALSE(store.remove(alice, "none", DeleteMode::hard));
  CHECK(store.list(alice).items.empty());
  CHECK(store.list(alice, {.session_id = "none"}).items.empty());
  CHECK(store.search(alice, {.query = "none"}).items.empty());
  CHECK(store.statistics(alice) == ArtifactStatistics{});
}

CONFORMANCE_TEST("a name is searched in a session, or among artifacts without one; the newest is returned") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  add_session(backend, alice, "s2");
  const auto add = [&](const std::string& id, std::optional<std::string> session, std::chrono::microseconds created) {
    store.index(alice, {.id = id, .name = "n", .created_at = Timestamp{created}, .session_id = std::move(session)});
  };
  add("old", {}, 10us);
  add("new", {}, 30us);
  add("mid", {}, 20us);
  add("in s", "s", 5us);
  add("in s, later", "s", 6us);
  CHECK(store.get_by_name(alice, "n").value().id == "new");
  CHECK(store.get_by_name(alice, "n", "s").value().id == "in s, later");
  CHECK_FALSE(store.get_by_name(alice, "n", "s2").has_value());
  CHECK_FALSE(store.get_by_name(alice, "N").has_value());
  store.remove(alice, "new", DeleteMode::soft);
  CHECK(store.get_by_name(alice, "n").value().id == "mid");
}

CONFORMANCE_TEST("fault 12: an artifact belongs to a tenant, and does not exist for other tenants") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  Artifact artifact = full_artifact();
  artifact.session_id = "s";
  store.index(alice, artifact);
  const auto before = store.get(alice, "a");

  CHECK_FALSE(store.get(bob, "a").has_value());
  CHECK_FALSE(store.get_by_name(bob, artifact.name).has_value());
  CHECK_FALSE(store.get_by_name(bob, artifact.name, "s").has_value());
  CHECK(store.list(bob, {.include_deleted = true}).items.empty());
  CHECK(store.list(bob, {.session_id = "s", .include_deleted = true}).items.empty());
  CHECK(store.search(bob, {.query = "purpose"}).items.empty());
  CHECK_FALSE(store.update(bob, {.id = "a", .name = "of bob"}));
  CHECK_FALSE(store.record_access(bob, "a"));
  CHECK_FALSE(store.remove(bob, "a", DeleteMode::soft));
  CHECK_FALSE(store.remove(bob, "a", DeleteMode::hard));
  CHECK(store.statistics(bob) == ArtifactStatistics{});
  CHECK(store.folder(bob, ArtifactFolder::user) != store.folder(alice, ArtifactFolder::user));

  // Alice's session does not exist for bob, whether he has the artifact or not.
  const auto refused = [&](const std::string& id, const std::string& session) {
    const Error error = support::error_of([&] { store.index(bob, {.id = id, .session_id = session}); });
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(std::string(error.what()) == "the session \"" + session + "\" does not exist");
  };
  refused("a", "s");
  refused("a", "never");
  store.index(bob, {.id = "own"});
  CHECK(code_of([&] { store.update(bob, {.id = "own", .session_id = "s"}); }) == ErrorCode::not_found);
  store.remove(bob, "own", DeleteMode::hard);

  // The same id is free for bob, and his writes do not change alice's artifact.
  CHECK(store.index(bob, {.id = "a", .name = "of bob", .purpose = "purpose"}) == "a");
  CHECK(store.search(bob, {.query = "purpose"}).items.size() == 1);
  CHECK(store.get(bob, "a").value().name == "of bob");
  REQUIRE(store.record_access(bob, "a"));
  REQUIRE(store.remove(bob, "a", DeleteMode::soft));
  REQUIRE(store.remove(bob, "a", DeleteMode::hard));
  CHECK(store.get(alice, "a") == before);
  CHECK(ids(store.search(alice, {.query = "purpose"}).items) == Ids{"a"});
}

CONFORMANCE_TEST("accesses are counted, also those of many threads at once") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "a", .name = "n"});
  const auto before = store.get(alice, "a").value();
  CHECK_FALSE(before.last_accessed_at.has_value());
  const Timestamp start = now();
  CHECK(store.record_access(alice, "a"));
  auto after = store.get(alice, "a").value();
  CHECK(after.access_count == 1);
  CHECK(after.last_accessed_at.value() >= start);
  CHECK(after.updated_at == before.updated_at);

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) { store.record_access(alice, "a"); }
    });
  }
  for (auto& thread : threads) { thread.join(); }
  CHECK(store.get(alice, "a").value().access_count == 101);
  // A clock that goes backwards, or a time in the future, does not replace a later access.
  const Timestamp future = now() + 1h;
  store.index(alice, {.id = "b", .last_accessed_at = future});
  store.record_access(alice, "b");
  CHECK(store.get(alice, "b").value().last_accessed_at == future);
}

CONFORMANCE_TEST("an access count at its maximum stays there, and the time of the access is stored") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  store.index(alice, {.id = "a", .access_count = most - 1});
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(store.record_access(alice, "a"));
    CHECK(store.get(alice, "a")->access_count == most);
  }
  CHECK(store.get(alice, "a")->last_accessed_at.has_value());
}

CONFORMANCE_TEST("fault 30: a write with an idempotency key is done once") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  const Artifact artifact{.name = "n", .tags = {"t"}, .metadata = {{"k", "v"}}, .session_id = "s"};
  const std::string id = store.index(alice, artifact, {.idempotency_key = "index"});
  CHECK(store.index(alice, artifact, {.idempotency_key = "index"}) == id);
  CHECK(store.statistics(alice).files == 1);
  // Bob's keys are separate.
  CHECK(store.index(bob, {.name = "n"}, {.idempotency_key = "index"}) != id);

  for (int repeat = 0; repeat < 3; ++repeat) { CHECK(store.record_access(alice, id, {.idempotency_key = "access"})); }
  CHECK(store.get(alice, id).value().access_count == 1);
  CHECK_FALSE(store.record_access(alice, "none", {.idempotency_key = "access none"}));
  store.index(alice, {.id = "none"});
  CHECK_FALSE(store.record_access(alice, "none", {.idempotency_key = "access none"}));

  CHECK(store.update(alice, {.id = id, .name = "second", .revision = 1}, {.idempotency_key = "update"}));
  CHECK(store.update(alice, {.id = id, .name = "third", .revision = 2}));
  CHECK(store.update(alice, {.id = id, .name = "second", .revision = 1}, {.idempotency_key = "update"}));
  CHECK(store.get(alice, id).value().name == "third");

  CHECK(store.remove(alice, id, DeleteMode::soft, {.idempotency_key = "remove"}));
  CHECK(store.remove(alice, id, DeleteMode::soft, {.idempotency_key = "remove"}));
  CHECK(store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove hard"}));
  CHECK(store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove hard"}));

  // A key cannot be reused for other content or another operation.
  const auto refused = [&](auto&& action) { CHECK(code_of(action) == ErrorCode::invalid_argument); };
  Artifact other = artifact;
  const auto index_refused = [&](auto&& change) {
    other = artifact;
    change();
    refused([&] { store.index(alice, other, {.idempotency_key = "index"}); });
  };
  index_refused([&] { other.id = "x"; });
  index_refused([&] { other.name = "x"; });
  index_refused([&] { other.purpose = "x"; });
  index_refused([&] { other.source = ArtifactSource::agent; });
  index_refused([&] { other.size_bytes = 1; });
  index_refused([&] { other.created_at = Timestamp{1us}; });
  index_refused([&] { other.access_count = 1; });
  index_refused([&] { other.last_accessed_at = Timestamp{1us}; });
  index_refused([&] { other.tags.clear(); });
  index_refused([&] { other.metadata.clear(); });
  index_refused([&] { other.session_id.reset(); });
  refused([&] { store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove"}); });
  refused([&] { store.remove(alice, "x", DeleteMode::soft, {.idempotency_key = "remove"}); });
  refused([&] { store.record_access(alice, id, {.idempotency_key = "remove"}); });
  refused([&] { store.record_access(alice, id, {.idempotency_key = std::string(limits::id + 1, 'k')}); });

  // A failure is not stored with the key.
  const Artifact early{.id = "early", .session_id = "later"};
  CHECK(code_of([&] { store.index(alice, early, {.idempotency_key = "early"}); }) == ErrorCode::not_found);
  add_session(backend, alice, "later");
  CHECK(store.index(alice, early, {.idempotency_key = "early"}) == "early");
}

CONFORMANCE_TEST("fault 6: input that cannot be stored exactly is refused before anything is sent") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "a", .name = "before"});
  const std::string nul("a\0b", 3);
  const std::string long_name(limits::name + 1, 'n');
  std::vector<Artifact> refused;
  const auto add = [&](auto&& change) {
    Artifact artifact{.id = "a"};
    change(artifact);
    refused.push_back(artifact);
  };
  for (const std::string& text : {nul, std::string("\xff"), std::string("\xed\xa0\x80")}) {
    add([&](Artifact& a) { a.id = text; });
    add([&](Artifact& a) { a.name = text; });
    add([&](Artifact& a) { a.path = text; });
    add([&](Artifact& a) { a.source_agent_id = text; });
    add([&](Artifact& a) { a.purpose = text; });
    add([&](Artifact& a) { a.content_type = text; });
    add([&](Artifact& a) { a.checksum = text; });
    add([&](Artifact& a) { a.tags = {"t", text}; });
    add([&](Artifact& a) { a.metadata = {{text, "v"}}; });
    add([&](Artifact& a) { a.metadata = {{"k", text}}; });
    add([&](Artifact& a) { a.session_id = text; });
  }
  add([&](Artifact& a) { a.id = std::string(limits::id + 1, 'i'); });
  add([&](Artifact& a) { a.name = long_name; });
  add([&](Artifact& a) { a.path = long_name; });
  add([&](Artifact& a) { a.content_type = long_name; });
  add([&](Artifact& a) { a.checksum = long_name; });
  add([&](Artifact& a) { a.tags = {long_name}; });
  for (const char* control : {"two\nlines", "\x1F", "del\x7F", "next\xC2\x85line", "\xC2\x9F"}) {
    add([&](Artifact& a) { a.tags = {control}; });
  }
  add([&](Artifact& a) { a.tags.assign(limits::list + 1, "t"); });
  add([&](Artifact& a) { a.metadata = {{long_name, "v"}}; });
  add([&](Artifact& a) { a.session_id = ""; });
  add([&](Artifact& a) { a.session_id = std::string(limits::id + 1, 'i'); });
  add([&](Artifact& a) { a.source = static_cast<ArtifactSource>(9); });
  add([&](Artifact& a) { a.size_bytes = -1; });
  add([&](Artifact& a) { a.access_count = -1; });
  add([&](Artifact& a) { a.created_at = Timestamp::max(); });
  for (const Artifact& artifact : refused) {
    CHECK(code_of([&] { store.index(alice, artifact); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.update(alice, artifact); }) == ErrorCode::invalid_argument);
  }
  CHECK(store.get(alice, "a").value().name == "before");
  CHECK(store.statistics(alice).files == 1);

  const auto is_refused = [&](auto&& action) { CHECK(code_of(action) == ErrorCode::invalid_argument); };
  for (const std::string& id : {std::string(), nul, std::string(limits::id + 1, 'i')}) {
    is_refused([&] { static_cast<void>(store.get(alice, id)); });
    is_refused([&] { store.remove(alice, id, DeleteMode::soft); });
    is_refused([&] { store.remove(alice, id, DeleteMode::hard); });
    is_refused([&] { store.record_access(alice, id); });
    is_refused([&] { static_cast<void>(store.get_by_name(alice, "n", id)); });
    is_refused([&] { static_cast<void>(store.folder(alice, ArtifactFolder::user, id)); });
    is_refused([&] { static_cast<void>(store.list(alice, {.session_id = id})); });
  }
  is_refused([&] { static_cast<void>(store.get_by_name(alice, nul)); });
  is_refused([&] { static_cast<void>(store.list(alice, {.source = static_cast<ArtifactSource>(9)})); });
  is_refused([&] { static_cast<void>(store.list(alice, {.content_type = nul})); });
  is_refused([&] { static_cast<void>(store.list(alice, {.tags = {nul}})); });
  is_refused([&] { store.remove(alice, "a", static_cast<DeleteMode>(9)); });

  // Just within the limits.
  Artifact large{.id = std::string(limits::id, 'i'), .name = std::string(limits::name, 'n')};
  large.tags.assign(limits::list, "t");
  store.index(alice, large);
  CHECK(store.get(alice, large.id).value().tags == large.tags);
}

CONFORMANCE_TEST("after closing, the artifact store refuses every call") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  backend.close();
  CHECK(code_of([&] { store.index(alice, {.name = "n"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.list(alice)); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.folder(alice, ArtifactFolder::user)); }) ==
        ErrorCode::failed_precondition);
}
