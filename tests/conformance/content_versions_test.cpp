#include "conformance/artifacts.hpp"
#include "conformance/contents.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
namespace fs = std::filesystem;

// Versions of contents, what removes them, and how many bytes they may have.

CONFORMANCE_TEST("an earlier version can be restored, as the next one") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto first = store.put(alice, {.id = "a", .content_type = "x/1"}, "one");
  store.put(alice, {.id = "a", .content_type = "x/2"}, "two");
  const auto revision = store.get(alice, "a")->revision;
  const auto third = store.restore_version(alice, "a", 1, {.idempotency_key = "k"});
  CHECK(third.version == 3);
  CHECK(third.checksum == first.checksum);
  CHECK(third.size_bytes == 3);
  CHECK(third.content_type == "x/1");
  CHECK(store.restore_version(alice, "a", 1, {.idempotency_key = "k"}) == third);
  CHECK(store.versions(alice, "a").items.at(0) == third);
  const auto artifact = store.get(alice, "a").value();
  CHECK(artifact.version == 3);
  CHECK(artifact.revision == revision + 1);
  CHECK(artifact.checksum == first.checksum);
  CHECK(artifact.content_type == "x/1");
  CHECK(content_of(store, alice, "a") == "one");
  check_stored(store, alice, 6);

  for (const std::int64_t none : {std::int64_t{4}, std::numeric_limits<std::int64_t>::max()}) {
    CHECK(code_of([&] { store.restore_version(alice, "a", none); }) == ErrorCode::not_found);
    CHECK(code_of([&] { static_cast<void>(store.open(alice, "a", none)); }) == ErrorCode::not_found);
  }
  for (const std::int64_t invalid : {std::int64_t{0}, std::int64_t{-1}}) {
    CHECK(code_of([&] { store.restore_version(alice, "a", invalid); }) == ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(store.open(alice, "a", -1)); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.verify(alice, "a", -1)); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.restore_version(bob, "a", 1); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("versions are listed page by page, newest first") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  for (int count = 0; count < 7; ++count) { store.put(alice, {.id = "a"}, std::to_string(count)); }
  store.put(alice, {.id = "b"}, "other");
  std::vector<std::int64_t> numbers;
  for (const auto& version :
       all_pages(2, [&](const PageRequest& request) { return store.versions(alice, "a", request); })) {
    numbers.push_back(version.version);
    CHECK(content_of(store, alice, "a", version.version) == std::to_string(version.version - 1));
  }
  CHECK(numbers == std::vector<std::int64_t>{7, 6, 5, 4, 3, 2, 1});
  const auto next = store.versions(alice, "a", {.limit = 2}).next;
  CHECK(code_of([&] { static_cast<void>(store.versions(alice, "b", {.cursor = next})); }) ==
        ErrorCode::invalid_argument);
  CHECK(store.versions(alice, "none").items.empty());
  CHECK(store.versions(bob, "a").items.empty());
}

CONFORMANCE_TEST("a tenant's content is stored once, and removed with the last version that has it") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& backend = subject.backend();
    auto& store = backend.artifact_store();
    add_session(backend, alice, "s");
    add_session(backend, alice, "t");
    const std::string shared = bytes_of(many_bytes, 1);
    const std::string small = "small";
    store.put(alice, {.id = "a"}, shared);
    store.put(alice, {.id = "a"}, small);
    store.put(alice, {.id = "a"}, shared);
    store.put(alice, {.id = "b"}, shared);
    store.put(alice, {.id = "c", .session_id = "s"}, shared);
    store.put(alice, {.id = "d", .session_id = "s"}, small);
    store.put(alice, {.id = "e", .session_id = "t"}, bytes_of(many_bytes, 2));
    store.put(bob, {.id = "a"}, shared);
    check_stored(store, alice, 2 * many_bytes + 5);
    check_stored(store, bob, many_bytes);

    CHECK(store.remove(alice, "a", DeleteMode::hard));
    check_stored(store, alice, 2 * many_bytes + 5);
    CHECK(store.remove(alice, "b", DeleteMode::hard));
    CHECK(content_of(store, alice, "c") == shared);
    REQUIRE(backend.session_storage().delete_session(alice, "s"));
    check_stored(store, alice, many_bytes);
    REQUIRE(backend.session_storage().delete_session(alice, "t"));
    check_stored(store, alice, 0);
    // What one tenant removes is no concern of another.
    CHECK(content_of(store, bob, "a") == shared);
    CHECK(code_of([&] { static_cast<void>(store.open(alice, "a")); }) == ErrorCode::not_found);
    const auto folder = store.folder(alice, ArtifactFolder::user).parent_path() / "contents";
    CHECK((!fs::exists(folder) || fs::is_empty(folder)));
    // It can be stored again.
    store.put(alice, {.id = "a"}, shared);
    CHECK(content_of(store, alice, "a") == shared);
  }
}

CONFORMANCE_TEST("a content that some put while others remove it is there for those who have put it") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    std::atomic<int> lost{0};
    support::in_rounds(4, 25, [&](int thread, int /*round*/) {
      const std::string id = std::to_string(thread);
      store.put(alice, {.id = id}, "shared by all");
      if (store.verify(alice, id) != ContentState::intact) { ++lost; }
      store.remove(alice, id, DeleteMode::hard);
    });
    CHECK(lost == 0);
    check_stored(store, alice, 0);
  }
}

CONFORMANCE_TEST("a soft-deleted artifact hides its content and keeps it") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.put(alice, {.id = "a"}, "one");
  CHECK(store.remove(alice, "a", DeleteMode::soft));
  CHECK(code_of([&] { static_cast<void>(store.open(alice, "a")); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.verify(alice, "a")); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.restore_version(alice, "a", 1); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.put(alice, {.id = "a"}, "two"); }) == ErrorCode::failed_precondition);
  CHECK(store.versions(alice, "a").items.empty());
  check_stored(store, alice, 3);
  CHECK(store.remove(alice, "a", DeleteMode::hard));
  check_stored(store, alice, 0);
}

CONFORMANCE_TEST("soft-deleted artifacts of all tenants are purged after their grace period, with contents and files") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.soft_delete = {.enabled = true}, .content = place});
    auto& store = subject.backend().artifact_store();
    const std::string large = bytes_of(many_bytes);
    const auto own = write_file(store.folder(alice, ArtifactFolder::user), "own");
    const auto shared = write_file(store.folder(alice, ArtifactFolder::user), "shared");
    store.index(alice, own);
    store.index(alice, shared);
    store.index(alice, {.id = "another", .path = shared.path});
    store.put(alice, {.id = "a"}, large);
    store.put(alice, {.id = "a"}, "small");
    store.put(alice, {.id = "kept"}, "small");
    store.put(bob, {.id = "a"}, large);
    for (const char* id : {"own", "shared", "a"}) { REQUIRE(store.remove(alice, id, DeleteMode::soft)); }
    REQUIRE(store.remove(bob, "a", DeleteMode::soft));
    CHECK(store.purge_deleted({}, 1h) == 0);
    CHECK(store.purge_deleted({}, 0s) == 4);
    CHECK(sorted_ids(store.list(alice, {.include_deleted = true}).items) == Ids{"another", "kept"});
    CHECK(store.list(bob, {.include_deleted = true}).items.empty());
    CHECK_FALSE(fs::exists(own.path));
    CHECK(fs::exists(shared.path));
    check_stored(store, alice, 5);
    check_stored(store, bob, 0);
    CHECK(store.purge_deleted({}, 0s) == 0);
    CHECK(code_of([&] { store.purge_deleted({}, -1s); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("a content that is removed while it is read ends the read") {
  Subject subject({.content = ArtifactContent::database});
  auto& store = subject.backend().artifact_store();
  store.put(alice, {.id = "a"}, bytes_of(many_bytes));
  auto reader = store.open(alice, "a");
  std::vector<char> buffer(std::size_t{1} << 20U);
  CHECK(reader.read(buffer) != 0);
  auto moved = std::move(reader);
  CHECK(code_of([&] { static_cast<void>(reader.read(buffer)); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(reader.version()); }) == ErrorCode::failed_precondition);
  reader = std::move(moved);
  CHECK(store.remove(alice, "a", DeleteMode::hard));
  CHECK(code_of([&] { static_cast<void>(reader.read(buffer)); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("a damaged file of a content is found when it is read to its end") {
  Subject subject({.content = ArtifactContent::files});
  auto& store = subject.backend().artifact_store();
  const std::string bytes = bytes_of(many_bytes);
  store.put(alice, {.id = "a"}, bytes);
  const auto folder = store.folder(alice, ArtifactFolder::user).parent_path() / "contents";
  const fs::path file = fs::directory_iterator(folder)->path();
  const auto check = [&](ContentState state) {
    CHECK(store.verify(alice, "a") == state);
    auto reader = store.open(alice, "a");
    CHECK(code_of([&] { static_cast<void>(reader.rest()); }) == ErrorCode::data_loss);
    std::vector<char> buffer(10);
    CHECK(code_of([&] { static_cast<void>(reader.read(buffer)); }) == ErrorCode::data_loss);
  };
  const auto write = [&](const std::string& content) { std::ofstream(file) << content; };
  auto changed = bytes;
  changed[many_bytes - 1] ^= 1;
  write(changed);
  check(ContentState::damaged);
  write(bytes + "x");
  check(ContentState::damaged);
  write(bytes.substr(1));
  check(ContentState::missing);
  fs::remove(file);
  check(ContentState::missing);
  // A link is not followed.
  write(bytes);
  fs::rename(file, folder / "elsewhere");
  fs::create_symlink(folder / "elsewhere", file);
  check(ContentState::missing);
  fs::remove(file);
  fs::rename(folder / "elsewhere", file);
  CHECK(store.verify(alice, "a") == ContentState::intact);
}

CONFORMANCE_TEST("an artifact without versions is read at its path in the tenant's folder, which nothing moves") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  support::TemporaryFolder elsewhere;
  const auto own = store.folder(alice, ArtifactFolder::user);
  auto artifact = write_file(own, "f");
  store.index(alice, artifact);
  CHECK(content_of(store, alice, "f") == "content of f");
  const auto version = store.open(alice, "f").version();
  CHECK(version.version == 0);
  CHECK(version.checksum == artifact.checksum);
  CHECK(store.verify(alice, "f") == ContentState::intact);
  std::ofstream(artifact.path) << "content of g";
  CHECK(store.verify(alice, "f") == ContentState::damaged);
  CHECK(code_of([&] { static_cast<void>(content_of(store, alice, "f")); }) == ErrorCode::data_loss);
  // A description that says nothing of the content is no damage.
  store.index(alice, {.id = "unknown", .path = artifact.path});
  CHECK(content_of(store, alice, "unknown") == "content of g");

  // Its first put is another content; the file stays where it is.
  CHECK(store.put(alice, {.id = "f"}, "put").version == 1);
  CHECK(content_of(store, alice, "f") == "put");
  CHECK(store.get(alice, "f")->path == artifact.path);
  CHECK(fs::exists(artifact.path));

  const auto outside = write_file(elsewhere.path(), "outside");
  const auto of_bob = write_file(store.folder(bob, ArtifactFolder::user), "of bob");
  fs::create_directory_symlink(elsewhere.path(), own / "link");
  fs::create_symlink(outside.path, own / "linked file");
  store.put(alice, {.id = "stored"}, "stored");
  std::vector<fs::path> hostile{outside.path,
                                of_bob.path,
                                own / "link" / "outside",
                                own / "linked file",
                                own / ".." / "user" / "f",
                                own,
                                own / "none",
                                "",
                                "/dev/zero"};
  const auto contents = own.parent_path() / "contents";
  if (fs::exists(contents)) { hostile.push_back(fs::directory_iterator(contents)->path()); }
  for (const auto& path : hostile) {
    CAPTURE(path.string());
    store.index(alice, {.id = "hostile", .path = path.string()});
    CHECK(code_of([&] { static_cast<void>(store.open(alice, "hostile")); }) == ErrorCode::not_found);
    CHECK(store.remove(alice, "hostile", DeleteMode::hard));
  }
  CHECK(content_of(store, alice, "stored") == "stored");
  CHECK(code_of([&] { static_cast<void>(store.open(alice, "none")); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("a file of contents that no row knows is swept, and no other file") {
  Subject subject({.content = ArtifactContent::files});
  auto& store = subject.backend().artifact_store();
  store.put(alice, {.id = "a"}, "stored");
  const auto folder = store.folder(alice, ArtifactFolder::user).parent_path() / "contents";
  for (const char* name : {"0000000000000001", "00000000000000ff.part", "notes", "1", "000000000000000G"}) {
    std::ofstream(folder / name) << "x";
  }
  CHECK(store.sweep_orphans(alice, 24h) == 2);
  CHECK(fs::exists(folder / "notes"));
  CHECK(fs::exists(folder / "1"));
  CHECK(fs::exists(folder / "000000000000000G"));
  CHECK(content_of(store, alice, "a") == "stored");
  CHECK(code_of([&] { store.sweep_orphans(alice, -1s); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("a tenant's contents have no more bytes than its quota") {
  for (const ArtifactContent place : both_places) {
    constexpr std::int64_t most = 10'000'000;
    Subject subject({.content = place, .content_quota_bytes = most});
    auto& store = subject.backend().artifact_store();
    const auto exhausted = [&](const Context& context, const ContentSource& content) {
      const auto before = store.content_usage(context);
      CHECK(code_of([&] { store.put(context, {.id = "too much"}, content); }) == ErrorCode::resource_exhausted);
      CHECK_FALSE(store.get(context, "too much").has_value());
      check_stored(store, context, static_cast<std::size_t>(before.stored_bytes));
    };
    const std::string large = bytes_of(many_bytes);
    store.put(alice, {.id = "a"}, large);
    CHECK(store.content_usage(alice) == ContentUsage{many_bytes, {}});
    exhausted(alice, bytes_of(many_bytes, 2));
    exhausted(alice, std::string(most - many_bytes + 1, 'x'));
    // What is stored already costs nothing; another tenant has a quota of its own.
    store.put(alice, {.id = "b"}, large);
    store.put(alice, {.id = "c"}, std::string(most - many_bytes, 'x'));
    exhausted(alice, "y");
    store.put(bob, {.id = "a"}, large);

    store.set_quota(alice, most + 1);
    CHECK(store.content_usage(alice) == ContentUsage{most, most + 1});
    store.put(alice, {.id = "d"}, "y");
    exhausted(alice, "z");
    // A lower quota removes nothing, and what is removed makes room.
    store.set_quota(alice, 5);
    CHECK(content_of(store, alice, "a") == large);
    exhausted(alice, "z");
    store.put(alice, {.id = "e"}, "y");
    for (const char* id : {"a", "b", "c", "d", "e"}) { store.remove(alice, id, DeleteMode::hard); }
    store.put(alice, {.id = "f"}, "1234");
    exhausted(alice, "56");
    store.set_quota(alice, std::nullopt);
    store.put(alice, {.id = "a"}, large);
    CHECK(code_of([&] { store.set_quota(alice, -1); }) == ErrorCode::invalid_argument);
    // A source without an end is ended.
    exhausted(bob, [](std::span<char> buffer) { return buffer.size(); });
  }
}
