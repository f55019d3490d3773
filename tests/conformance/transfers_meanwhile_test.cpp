#include "conformance/hostile_streams.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

using namespace conformance;
using namespace heddle;

// What other calls of the tenant do while an import has not ended.

CONFORMANCE_TEST("no call shows or removes in silence what an import has written before its end") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  const std::string stream = source_stream<Subject>();
  const auto stop_at_end = [](const ImportProgress& progress) {
    if (progress.stored == progress.records) { throw Stopped(); }
  };
  CHECK_THROWS_AS(import_user(backend, alice, stream, {.on_progress = stop_at_end}), Stopped);
  CHECK(!soft_deletion(backend)->restore_session(alice, "heir"));
  CHECK(!store.load_session(alice, "heir").has_value());
  CHECK(store.list_sessions(alice).items.empty());
  CHECK(!store.delete_session(alice, "heir"));
  CHECK(import_user(backend, alice, stream).resumed);
  CHECK(store.load_session(alice, "heir").has_value());
}

CONFORMANCE_TEST("an id that a stream has twice is not left out in silence") {
  Subject subject;
  auto lines = lines_of(source_stream<Subject>());
  lines.insert(lines.begin() + 1, lines[1]);
  CHECK_THROWS_AS(import_user(subject.backend(), alice, sealed(lines)), Error);
  CHECK(subject.backend().session_storage().list_sessions(alice).items.empty());
  CHECK(abort_import(subject.backend(), alice));
}

CONFORMANCE_TEST("to undo an import removes no idempotency key of the tenant") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  // The stream has this key with this session.
  add_session(backend, alice, "root");
  CHECK(store.save_message(alice, "root", says("mine")) == 1);
  const auto save = [&] { return store.save_message(alice, "root", full_message(), {.idempotency_key = "first"}); };
  const auto stop_at_end = [&](const ImportProgress& progress) {
    if (progress.stored == progress.records) { throw Stopped(); }
  };
  const ImportOptions options{.on_conflict = OnConflict::skip, .on_progress = stop_at_end};
  CHECK_THROWS_AS(import_user(backend, alice, source_stream<Subject>(), options), Stopped);
  CHECK(save() == 2);
  CHECK(abort_import(backend, alice));
  CHECK(save() == 2);
  CHECK(store.load_messages(alice, "root").items.size() == 2);
}

CONFORMANCE_TEST("what is there already can be written while an import has not ended") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  add_session(backend, alice, "mine");
  backend.artifact_store().put(alice, {.id = "mine", .name = "mine"}, "one");
  const auto stop = [](const ImportProgress& /*progress*/) { throw Stopped(); };
  const ImportOptions options{.on_conflict = OnConflict::skip, .on_progress = stop};
  CHECK_THROWS_AS(import_user(backend, alice, source_stream<Subject>(), options), Stopped);
  Session mine = *store.load_session(alice, "mine");
  mine.name = "another name";
  store.save_session(alice, mine);
  store.ensure_session(alice, {.id = "mine"});
  store.save_message(alice, "mine", says("x"));
  CHECK(backend.artifact_store().put(alice, {.id = "mine", .name = "mine"}, "two").version == 2);
  CHECK(store.load_session(alice, "mine")->name == "another name");
  CHECK(support::code_of([&] { add_session(backend, alice, "new"); }) == ErrorCode::failed_precondition);
  CHECK(support::code_of([&] { store.ensure_session(alice, {.id = "new"}); }) == ErrorCode::failed_precondition);
  CHECK(abort_import(backend, alice));
}

CONFORMANCE_TEST("a session whose parent is removed while it is imported comes without one") {
  Subject source;
  add_session(source.backend(), alice, "parent");
  source.backend().session_storage().save_session(alice, {.id = "child", .parent_session_id = "parent"});
  const std::string stream = exported(source.backend(), alice).bytes;
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "parent");
  const auto stop = [](const ImportProgress& /*progress*/) { throw Stopped(); };
  CHECK_THROWS_AS(import_user(subject.backend(), alice, stream, {.on_conflict = OnConflict::skip, .on_progress = stop}),
                  Stopped);
  CHECK(store.delete_session(alice, "parent"));
  CHECK(import_user(subject.backend(), alice, stream, {.on_conflict = OnConflict::skip}).resumed);
  const auto child = store.load_session(alice, "child");
  REQUIRE(child.has_value());
  CHECK(child->parent_session_id == std::nullopt);
}

CONFORMANCE_TEST("no put shares a content that an import has not stored to its end") {
  Subject source;
  const std::string bytes = bytes_of(many_bytes);
  source.backend().artifact_store().put(alice, {.id = "big", .name = "big"}, bytes);
  const std::string stream = exported(source.backend(), alice).bytes;
  for (const bool resumes : {true, false}) {
    Subject subject;
    auto& backend = subject.backend();
    auto& store = backend.artifact_store();
    store.put(alice, {.id = "mine", .name = "mine"}, "one");
    const auto stop = [](const ImportProgress& progress) {
      if (progress.stored < progress.records) { throw Stopped(); }
    };
    CHECK_THROWS_AS(import_user(backend, alice, stream, {.on_conflict = OnConflict::skip, .on_progress = stop}),
                    Stopped);
    store.put(alice, {.id = "mine", .name = "mine"}, bytes);
    CHECK(content_of(store, alice, "mine") == bytes);
    if (resumes) {
      CHECK(import_user(backend, alice, stream, {.on_conflict = OnConflict::skip}).resumed);
      CHECK(store.verify(alice, "big", 1) == ContentState::intact);
    } else {
      CHECK(abort_import(backend, alice));
    }
    CHECK(store.verify(alice, "mine", 2) == ContentState::intact);
    store.sweep_orphans(alice, std::chrono::seconds(0));
    check_stored(store, alice, many_bytes + 3);
    CHECK(content_of(store, alice, "mine") == bytes);
  }
}

CONFORMANCE_TEST("an export whose contents are removed meanwhile is a conflict, and no damage") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& backend = subject.backend();
    add_session(backend, alice, "s");
    backend.artifact_store().put(alice, {.id = "a", .name = "a"}, "content");
    // The header is written before the moment that is exported, and the session with much behind it, in it.
    backend.session_storage().save_message(alice, "s", says(std::string(std::size_t{1} << 20U, 'x')));
    int calls = 0;
    const ExportSink sink = [&](std::string_view bytes) {
      ++calls;
      if (bytes.find(R"({"type":"session")") != std::string_view::npos) {
        backend.artifact_store().remove(alice, "a", DeleteMode::hard);
      }
    };
    if (place == ArtifactContent::files) {
      CHECK(support::code_of([&] { export_user(backend, alice, sink); }) == ErrorCode::conflict);
    } else {
      export_user(backend, alice, sink);
    }
    CHECK(calls > 0);
  }
}
