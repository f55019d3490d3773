#include "heddle/sqlite/policy.ipp"

#include <doctest/doctest.h>

#include <chrono>

using namespace heddle;
using namespace std::chrono_literals;

// A file that only saves messages compiles nothing that splits texts into words. Each operation that needs this has to
// bring it along, or it fails in a program that contains no other one.

namespace {

int brought = 0;

/// SQLite that counts how often an operation brings the parts for searches along.
struct Counted : Sqlite {
  struct SearchParts {
    static void compile() noexcept {
      Sqlite::SearchParts::compile();
      ++brought;
    }
  };
};

template <class Call>
bool brings_parts(Call call) {
  brought = 0;
  call();
  return brought > 0;
}

}  // namespace

TEST_CASE("each operation that splits texts into words brings along what it needs for that") {
  Backend<Counted> backend({.path = ":memory:", .administer_tenants = true, .soft_delete = {.enabled = true}});
  backend.migrate();
  const Context alice{.user_id = "alice"};
  auto& sessions = backend.session_storage();
  auto& artifacts = backend.artifact_store();
  auto& streams = backend.stream_store();

  sessions.save_session(alice, {.id = "s"});
  CHECK_FALSE(brings_parts([&] { sessions.save_message(alice, "s", {.content = "to Zurich"}); }));
  CHECK(brings_parts([&] { static_cast<void>(sessions.search_messages(alice, {.query = "zurich"})); }));
  CHECK(brings_parts([&] { sessions.redact_messages(alice, "s", {.first = 1, .last = 1}, "asked for"); }));
  MessageStream stream = streams.begin(alice, "s", {.role = Role::assistant});
  CHECK_FALSE(brings_parts([&] { streams.append(alice, stream, "part"); }));
  CHECK(brings_parts([&] { streams.finish(alice, stream, {.role = Role::assistant}); }));

  CHECK(brings_parts([&] { artifacts.index(alice, {.id = "a", .name = "plan", .path = "/plan"}); }));
  CHECK(brings_parts([&] { artifacts.update(alice, "a", {.name = "map"}); }));
  CHECK(brings_parts([&] { artifacts.update(alice, *artifacts.get(alice, "a")); }));
  CHECK(brings_parts([&] { static_cast<void>(artifacts.search(alice, {.query = "map"})); }));
  CHECK(brings_parts([&] { artifacts.put(alice, {.id = "b", .name = "plan"}, "bytes"); }));
  CHECK(brings_parts([&] { artifacts.restore_version(alice, "b", 1); }));
  CHECK(brings_parts([&] { artifacts.remove(alice, "b", DeleteMode::hard); }));
  CHECK(brings_parts([&] { artifacts.purge_deleted({}, 0s); }));

  CHECK(brings_parts([&] { sessions.purge_deleted_sessions({}, 0s); }));
  CHECK(brings_parts([&] { sessions.delete_session(alice, "s"); }));
}
