#include "conformance/contents.hpp"
#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/describe_file.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
namespace fs = std::filesystem;

CONFORMANCE_TEST("a content is read as it was put, whatever its length and wherever it lies") {
  constexpr std::size_t mebibyte = std::size_t{1} << 20U;
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    std::size_t all = 0;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, mebibyte - 1, mebibyte, 4 * mebibyte, 4 * mebibyte + 1, many_bytes}) {
      CAPTURE(size);
      const std::string bytes = bytes_of(size, size);
      const std::string id = std::to_string(size);
      const auto version = store.put(alice, {.id = id, .name = "n", .content_type = "x/y"}, bytes);
      CHECK(version.artifact_id == id);
      CHECK(version.version == 1);
      CHECK(version.size_bytes == static_cast<std::int64_t>(size));
      CHECK(version.content_type == "x/y");
      const auto stored = store.get(alice, id).value();
      CHECK(stored.version == 1);
      CHECK(stored.size_bytes == version.size_bytes);
      CHECK(stored.checksum == version.checksum);
      CHECK(stored.updated_at == version.created_at);
      CHECK(store.versions(alice, id).items == std::vector{version});
      auto reader = store.open(alice, id);
      CHECK(reader.version() == version);
      CHECK(reader.rest() == bytes);
      std::array<char, 1> more{};
      CHECK(reader.read(more) == 0);
      CHECK(store.verify(alice, id) == ContentState::intact);
      all += size;
    }
    check_stored(store, alice, all);
    const auto folder = store.folder(alice, ArtifactFolder::user).parent_path() / "contents";
    CHECK(fs::exists(folder) == (place == ArtifactContent::files));
  }
}

CONFORMANCE_TEST("a content is bytes, a function that reads them, or a file") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  support::TemporaryFolder elsewhere;
  const std::string bytes = bytes_of(many_bytes);
  std::ofstream(elsewhere.path() / "f") << bytes;
  const auto checksum = describe_file(elsewhere.path() / "f").checksum;
  CHECK(store.put(alice, {.id = "bytes"}, bytes).checksum == checksum);
  CHECK(store.put(alice, {.id = "span"}, std::as_bytes(std::span(bytes))).checksum == checksum);
  CHECK(store.put(alice, {.id = "function"}, in_pieces(bytes, 77777)).checksum == checksum);
  CHECK(store.put(alice, {.id = "file"}, elsewhere.path() / "f").checksum == checksum);
  check_stored(store, alice, many_bytes);
  // A text is never a path.
  store.put(alice, {.id = "text"}, (elsewhere.path() / "f").c_str());
  CHECK(content_of(store, alice, "text") == elsewhere.path() / "f");

  CHECK(code_of([&] { store.put(alice, {.id = "x"}, elsewhere.path() / "none"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.put(alice, {.id = "x"}, elsewhere.path()); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.put(alice, {.id = "x"}, ContentReader{}); }) == ErrorCode::invalid_argument);
  const auto too_many = [](std::span<char> buffer) { return buffer.size() + 1; };
  CHECK(code_of([&] { store.put(alice, {.id = "x"}, too_many); }) == ErrorCode::invalid_argument);
  CHECK_FALSE(store.get(alice, "x").has_value());
}

CONFORMANCE_TEST("a content is read piece by piece") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    const std::string bytes = bytes_of(many_bytes);
    store.put(alice, {.id = "a"}, bytes);
    auto reader = store.open(alice, "a");
    std::string read;
    std::vector<char> buffer(100'000);
    for (std::size_t count = 1; count != 0;) {
      count = reader.read(buffer);
      read.append(buffer.data(), count);
    }
    CHECK(read == bytes);
    CHECK(code_of([&] { static_cast<void>(reader.read({})); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { static_cast<void>(store.open(alice, "a").rest(many_bytes - 1)); }) ==
          ErrorCode::resource_exhausted);
    CHECK(store.open(alice, "a").rest(many_bytes).size() == many_bytes);
  }
}

CONFORMANCE_TEST("a put on an existing artifact makes its next version and keeps its description") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  add_session(subject.backend(), alice, "s");
  store.index(alice, full_artifact());
  const auto indexed = store.get(alice, "a").value();
  CHECK(indexed.version == 0);
  CHECK(versions_of(store, alice, "a").empty());

  const auto first = store.put(alice, {.id = "a", .name = "another"}, "one");
  CHECK(first.version == 1);
  auto expected = indexed;
  expected.version = 1;
  expected.revision = indexed.revision + 1;
  expected.size_bytes = 3;
  expected.checksum = first.checksum;
  expected.content_type = first.content_type;
  expected.updated_at = first.created_at;
  CHECK(store.get(alice, "a").value() == expected);

  CHECK(store.put(alice, {.id = "a"}, "two").version == 2);
  // The same content is a version, too.
  CHECK(store.put(alice, {.id = "a"}, "two").version == 3);
  CHECK(content_of(store, alice, "a", 1) == "one");
  CHECK(content_of(store, alice, "a", 2) == "two");
  CHECK(content_of(store, alice, "a") == "two");
  CHECK(versions_of(store, alice, "a") == std::vector<std::int64_t>{3, 2, 1});

  auto loaded = store.get(alice, "a").value();
  loaded.name = "renamed";
  loaded.session_id = "s";
  CHECK(store.put(alice, loaded, "four").version == 4);
  CHECK(store.get(alice, "a")->name == "renamed");
  CHECK(store.get(alice, "a")->session_id == "s");
  CHECK(store.search(alice, {.query = "renamed"}).items.size() == 1);
  CHECK(code_of([&] { store.put(alice, loaded, "five"); }) == ErrorCode::conflict);
  CHECK(content_of(store, alice, "a") == "four");

  // Only a put makes versions.
  loaded = store.get(alice, "a").value();
  loaded.name = "again";
  store.index(alice, loaded);
  store.update(alice, "a", {.purpose = "p"});
  CHECK(store.get(alice, "a")->version == 4);
  CHECK(versions_of(store, alice, "a").size() == 4);
  CHECK(content_of(store, alice, "a") == "four");
}

CONFORMANCE_TEST("a put without an id generates one, and its session must exist") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto version = store.put(alice, {.name = "n"}, "x");
  CHECK(store.get(alice, version.artifact_id)->name == "n");
  CHECK(code_of([&] { store.put(alice, {.id = "a", .session_id = "none"}, "y"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.put(alice, {.id = "none", .revision = 1}, "y"); }) == ErrorCode::not_found);
  CHECK_FALSE(store.get(alice, "a").has_value());
  check_stored(store, alice, 1);
}

CONFORMANCE_TEST("the first bytes tell the type of a content, unless it is given") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const std::vector<std::pair<std::string, std::string>> contents{
      {"Grüße", "text/plain"},
      {std::string("\x89PNG\r\n\x1a\n") + "...", "image/png"},
      {"\xff\xd8\xff\xe0", "image/jpeg"},
      {"%PDF-1.7\n", "application/pdf"},
      {std::string("a\0b", 3), "application/octet-stream"},
      {"\xff\x01", "application/octet-stream"},
      // The last character is cut where the first bytes end.
      {std::string(511, 'x') + "ü", "text/plain"},
      {"", "text/plain"}};
  for (const auto& each : contents) {
    const std::string& content = each.first;
    const std::string& type = each.second;
    CAPTURE(type);
    CHECK(store.put(alice, {.id = "a"}, content).content_type == type);
    CHECK(store.get(alice, "a")->content_type == type);
  }
  CHECK(store.put(alice, {.id = "a", .content_type = "text/csv"}, "x").content_type == "text/csv");
}

CONFORMANCE_TEST("a content that is not what the caller declares is refused and nothing stays") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    for (const std::size_t size : {std::size_t{10}, many_bytes}) {
      CAPTURE(size);
      const std::string bytes = bytes_of(size);
      const auto refused = [&](const PutOptions& options) {
        CHECK(code_of([&] { store.put(alice, {.id = "a"}, bytes, options); }) == ErrorCode::invalid_argument);
        CHECK_FALSE(store.get(alice, "a").has_value());
        check_stored(store, alice, 0);
      };
      const auto length = static_cast<std::int64_t>(size);
      for (const std::int64_t wrong : {length - 1, length + 1, std::int64_t{0}, std::int64_t{-1}}) {
        refused({.size_bytes = wrong});
      }
      refused({.size_bytes = std::numeric_limits<std::int64_t>::max()});
      refused({.checksum = std::string(64, 'a')});
      refused({.checksum = "A"});
      const auto right = store.put(alice, {.id = "b"}, bytes).checksum;
      CHECK(store.put(alice, {.id = "a"}, bytes, {.size_bytes = length, .checksum = right}).version == 1);
      store.remove(alice, "a", DeleteMode::hard);
      store.remove(alice, "b", DeleteMode::hard);
    }
  }
}

CONFORMANCE_TEST("a put whose source fails leaves nothing") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    store.put(alice, {.id = "a"}, "before");
    const std::string bytes = bytes_of(many_bytes);
    const auto fails = [&, rest = in_pieces(bytes, many_bytes)](std::span<char> buffer) {
      const std::size_t count = rest(buffer);
      if (count == 0) { throw std::domain_error("the source"); }
      return count;
    };
    CHECK_THROWS_AS(store.put(alice, {.id = "a"}, fails), std::domain_error);
    CHECK(versions_of(store, alice, "a") == std::vector<std::int64_t>{1});
    CHECK(content_of(store, alice, "a") == "before");
    check_stored(store, alice, 6);

    const Context hurried = alice.with_timeout(0s);
    CHECK(code_of([&] { store.put(hurried, {.id = "a"}, "x"); }) == ErrorCode::deadline_exceeded);
    std::stop_source stop;
    const auto stops = [&, rest = in_pieces(bytes, many_bytes)](std::span<char> buffer) {
      const std::size_t count = rest(buffer);
      if (count == 0) { stop.request_stop(); }
      return count == 0 ? 1 : count;
    };
    CHECK(code_of([&] { store.put(alice.with_stop(stop.get_token()), {.id = "a"}, stops); }) == ErrorCode::cancelled);
    CHECK(versions_of(store, alice, "a") == std::vector<std::int64_t>{1});
    check_stored(store, alice, 6);
  }
}

CONFORMANCE_TEST("a put is seen only when all of it is stored, and others go on meanwhile") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& backend = subject.backend();
    auto& store = backend.artifact_store();
    const std::string bytes = bytes_of(many_bytes);
    int calls = 0;
    const auto watched = [&, rest = in_pieces(bytes, std::size_t{1} << 20U)](std::span<char> buffer) {
      ++calls;
      CHECK_FALSE(store.get(alice, "a").has_value());
      CHECK(store.content_usage(alice).stored_bytes == 0);
      // Neither a transaction nor the writer is held.
      backend.session_storage().save_session(alice, {.id = std::to_string(calls)});
      // A young upload is not swept.
      CHECK(store.sweep_orphans(alice, 1h) == 0);
      return rest(buffer);
    };
    store.put(alice, {.id = "a"}, watched);
    CHECK(calls > 9);
    CHECK(content_of(store, alice, "a") == bytes);
  }
}

CONFORMANCE_TEST("an upload that is swept while it is under way fails, and leaves nothing") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    const std::string bytes = bytes_of(many_bytes);
    // In the middle, and when only the last transaction is left.
    for (const std::size_t when : {many_bytes / 2, many_bytes}) {
      CAPTURE(when);
      bool was_swept = false;
      const auto swept = [&, read = std::size_t{0},
                          rest = in_pieces(bytes, many_bytes)](std::span<char> buffer) mutable {
        const std::size_t count = rest(buffer);
        read += count;
        if (read >= when && !was_swept) {
          CHECK(store.sweep_orphans(bob, 0s) == 0);
          CHECK(store.sweep_orphans(alice, 0s) == 1);
          was_swept = true;
        }
        return count;
      };
      const Error error = support::error_of([&] { store.put(alice, {.id = "a"}, swept); });
      CHECK(error.code() == ErrorCode::unavailable);
      CHECK(was_swept);
      CHECK_FALSE(store.get(alice, "a").has_value());
      check_stored(store, alice, 0);
    }
  }
}

CONFORMANCE_TEST("a repeated put returns what the first one returned and stores nothing") {
  for (const ArtifactContent place : both_places) {
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    const std::string bytes = bytes_of(many_bytes);
    const auto first = store.put(alice, {.name = "n"}, bytes, {.idempotency_key = "k"});
    store.put(alice, {.id = first.artifact_id}, "newer");
    CHECK(store.put(alice, {.name = "n"}, bytes, {.idempotency_key = "k"}) == first);
    CHECK(versions_of(store, alice, first.artifact_id) == std::vector<std::int64_t>{2, 1});
    CHECK(code_of([&] { store.put(alice, {.name = "n"}, "other", {.idempotency_key = "k"}); }) ==
          ErrorCode::invalid_argument);
    check_stored(store, alice, many_bytes + 5);
  }
}
