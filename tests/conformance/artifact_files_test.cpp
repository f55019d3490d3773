#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
namespace fs = std::filesystem;

// What happens to the files that artifacts describe.

CONFORMANCE_TEST("an artifact's session must exist, and its deletion removes its artifacts") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  add_session(backend, alice, "s2");
  add_session(backend, bob, "s");
  CHECK(code_of([&] { store.index(alice, {.id = "a", .session_id = "none"}); }) == ErrorCode::not_found);
  CHECK_FALSE(store.get(alice, "a").has_value());

  const auto file = write_file(store.folder(alice, ArtifactFolder::scratchpad, "s"), "a");
  for (auto [context, id, session] : {std::tuple(alice, "a", std::optional<std::string>("s")),
                                      {alice, "b", "s"},
                                      {alice, "other", "s2"},
                                      {alice, "free", {}},
                                      {bob, "a", "s"}}) {
    store.index(context, {.id = id, .name = "word", .path = file.path, .session_id = session});
  }
  store.remove(alice, "b", DeleteMode::soft);
  const auto of_bob = write_file(store.folder(bob, ArtifactFolder::agent, "s"), "f");
  // Saving an artifact moves it to another session; it is not removed with the old one.
  store.index(alice, {.id = "moved", .name = "word", .session_id = "s"});
  store.update(alice, "moved", {.session_id = "s2"});

  REQUIRE(backend.session_storage().delete_session(alice, "s"));
  CHECK(sorted_ids(store.list(alice, {.include_deleted = true}).items) == Ids{"free", "moved", "other"});
  CHECK(sorted_ids(store.search(alice, {.query = "word"}).items) == Ids{"free", "moved", "other"});
  CHECK_FALSE(fs::exists(store.folder(alice, ArtifactFolder::scratchpad, "s").parent_path()));
  CHECK(store.get(bob, "a").has_value());
  CHECK(ids(store.search(bob, {.query = "word"}).items) == Ids{"a"});
  CHECK(fs::exists(of_bob.path));
}

CONFORMANCE_TEST("soft deletion hides an artifact and keeps its file") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  store.index(alice, artifact);
  const auto stored = store.get(alice, "f").value();
  const Timestamp before = now();
  CHECK(store.remove(alice, "f", DeleteMode::soft));
  CHECK_FALSE(store.remove(alice, "f", DeleteMode::soft));
  CHECK_FALSE(store.get(alice, "f").has_value());
  CHECK_FALSE(store.get_by_name(alice, "f").has_value());
  CHECK_FALSE(store.record_access(alice, "f"));
  CHECK(store.list(alice).items.empty());
  CHECK(fs::exists(artifact.path));
  auto hidden = store.list(alice, {.include_deleted = true}).items.at(0);
  CHECK(hidden.deleted_at.value() >= before);
  hidden.deleted_at.reset();
  CHECK(hidden == stored);

  CHECK(store.remove(alice, "f", DeleteMode::hard));
  CHECK_FALSE(store.remove(alice, "f", DeleteMode::hard));
  CHECK(store.list(alice, {.include_deleted = true}).items.empty());
  CHECK_FALSE(fs::exists(artifact.path));
}

CONFORMANCE_TEST("fault 1: hard deletion removes only a file of the tenant's own folder") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  support::TemporaryFolder elsewhere;
  const auto own = store.folder(alice, ArtifactFolder::user);
  const auto in_session = write_file(store.folder(alice, ArtifactFolder::agent, "s"), "in session");
  const auto of_bob = write_file(store.folder(bob, ArtifactFolder::user), "of bob");
  const auto outside = write_file(elsewhere.path(), "outside");
  const auto kept = write_file(own / "folder", "kept");
  fs::create_directory_symlink(elsewhere.path(), own / "link");
  fs::create_symlink(outside.path, own / "linked file");

  store.index(alice, in_session);
  CHECK(store.remove(alice, in_session.id, DeleteMode::hard));
  CHECK_FALSE(fs::exists(in_session.path));

  const auto bobs_folder = store.folder(bob, ArtifactFolder::user).parent_path().filename();
  const std::vector<fs::path> hostile{of_bob.path,
                                      outside.path,
                                      own / "folder",
                                      own,
                                      own / "..",
                                      own.parent_path(),
                                      own.parent_path().parent_path(),
                                      own / ".." / ".." / bobs_folder / "user" / "of bob",
                                      own / "folder" / ".." / "folder" / "kept",
                                      own / "link" / "outside",
                                      own / "linked file",
                                      own / "none",
                                      "../../etc",
                                      "/",
                                      ".",
                                      ""};
  for (const auto& path : hostile) {
    CAPTURE(path.string());
    store.index(alice, {.id = "hostile", .name = "h", .path = path.string()});
    CHECK(store.remove(alice, "hostile", DeleteMode::hard));
    CHECK_FALSE(store.get(alice, "hostile").has_value());
  }
  for (const auto& file : {of_bob.path, outside.path, kept.path}) { CHECK(fs::exists(file)); }
  CHECK(fs::exists(own));
}

CONFORMANCE_TEST("a file is removed with the last artifact that describes it") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  artifact.id = "first";
  store.index(alice, artifact);
  artifact.id = "second";
  store.index(alice, artifact);
  store.index(bob, artifact);
  CHECK(store.remove(alice, "first", DeleteMode::hard));
  CHECK(fs::exists(artifact.path));
  // Bob's artifact with the path of alice's file neither keeps nor removes the file.
  CHECK(store.remove(alice, "second", DeleteMode::hard));
  CHECK_FALSE(fs::exists(artifact.path));
  std::ofstream(artifact.path) << "again";
  CHECK(store.remove(bob, "second", DeleteMode::hard));
  CHECK(fs::exists(artifact.path));
}

CONFORMANCE_TEST("fault 30: a repeated hard deletion does not remove a newer file with the same path") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  store.index(alice, artifact);
  const auto remove = [&] { return store.remove(alice, "f", DeleteMode::hard, {.idempotency_key = "k"}); };
  CHECK(remove());
  CHECK_FALSE(fs::exists(artifact.path));
  write_file(store.folder(alice, ArtifactFolder::user), "f");
  CHECK(remove());
  CHECK(fs::exists(artifact.path));
}

CONFORMANCE_TEST("fault 1: for any ids, folders are in the tenant's own folder, and are not created") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto user = store.folder(alice, ArtifactFolder::user);
  const auto root = user.parent_path().parent_path();
  CHECK(user == root / "alice" / "user");
  CHECK(user.is_absolute());
  CHECK(store.folder(alice, ArtifactFolder::temp) == root / "alice" / "temp");
  CHECK(store.folder(alice, ArtifactFolder::user, "s") == root / "alice" / "sessions" / "s" / "user");
  CHECK(store.folder(alice, ArtifactFolder::agent, "s") == root / "alice" / "sessions" / "s" / "agent");
  CHECK(store.folder(alice, ArtifactFolder::scratchpad, "s") == root / "alice" / "sessions" / "s" / "scratchpad");
  for (const char* hostile : {"..", ".", "../..", "/etc", "a/../../b", "\\", "%2e%2e"}) {
    CAPTURE(hostile);
    const auto of_session = store.folder(alice, ArtifactFolder::user, hostile);
    CHECK(of_session.parent_path().parent_path() == root / "alice" / "sessions");
    CHECK(of_session.lexically_normal() == of_session);
    const auto of_user = store.folder(Context::for_user(hostile), ArtifactFolder::user);
    CHECK(of_user.parent_path().parent_path() == root);
    CHECK(of_user.lexically_normal() == of_user);
  }
  CHECK_FALSE(fs::exists(root));
  for (const auto kind : {ArtifactFolder::agent, ArtifactFolder::scratchpad}) {
    CHECK(code_of([&] { static_cast<void>(store.folder(alice, kind)); }) == ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(store.folder(alice, ArtifactFolder::temp, "s")); }) ==
        ErrorCode::invalid_argument);
}
