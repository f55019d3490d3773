#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>

using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::RawDatabase;
namespace fs = std::filesystem;

namespace {

/// Three chunks.
const std::string large = std::string(std::size_t{1} << 20U, 'a') + std::string(std::size_t{1} << 20U, 'b') + "c";

struct Place {
  support::TemporaryFolder folder{};
  std::string path = (folder.path() / "x.db").string();

  [[nodiscard]] std::int64_t files() const {
    const fs::path contents = path + "-artifacts/default-user/contents";
    if (!fs::exists(contents)) { return 0; }
    return std::distance(fs::directory_iterator(contents), fs::directory_iterator());
  }
  [[nodiscard]] std::int64_t chunks() const { return RawDatabase(path).integer("SELECT count(*) FROM content_chunks"); }
};

}  // namespace

TEST_CASE("contents lie in files if there is an artifact directory, unless the configuration says otherwise") {
  const Place place;
  {
    Backend<Sqlite> backend({.path = place.path});
    backend.migrate();
    backend.artifact_store().put({}, {.id = "in a file"}, large);
    CHECK(place.files() == 1);
    CHECK(place.chunks() == 0);
  }
  // What is stored stays where it is, and is read there; the same content is not stored again.
  Backend<Sqlite> backend({.path = place.path, .artifact_content = ArtifactContent::database});
  auto& store = backend.artifact_store();
  store.put({}, {.id = "the same"}, large);
  CHECK(place.chunks() == 0);
  store.put({}, {.id = "in chunks"}, large + "d");
  CHECK(place.files() == 1);
  CHECK(place.chunks() == 3);
  CHECK(store.open({}, "the same").rest() == large);
  CHECK(store.open({}, "in chunks").rest() == large + "d");
  for (const char* id : {"in a file", "the same", "in chunks"}) { CHECK(store.remove({}, id, DeleteMode::hard)); }
  CHECK(place.files() == 0);
  CHECK(place.chunks() == 0);

  Backend<Sqlite> memory({.path = ":memory:"});
  memory.migrate();
  memory.artifact_store().put({}, {.id = "a"}, large);
  CHECK(memory.artifact_store().open({}, "a").rest() == large);
  CHECK(code_of([&] { static_cast<void>(memory.artifact_store().folder({}, ArtifactFolder::user)); }) ==
        ErrorCode::failed_precondition);
}

TEST_CASE("contents in files need an artifact directory, and a quota is not negative") {
  const auto refused = [](heddle::sqlite::Config config) {
    CHECK(code_of([&] { const Backend<Sqlite> backend(config); }) == ErrorCode::invalid_argument);
  };
  refused({.path = ":memory:", .artifact_content = ArtifactContent::files});
  refused({.path = ":memory:", .artifact_content = static_cast<ArtifactContent>(7)});
  refused({.path = ":memory:", .artifact_quota_bytes = -1});
}

TEST_CASE("a damaged chunk of a content is found when it is read") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path, .artifact_content = ArtifactContent::database});
  backend.migrate();
  auto& store = backend.artifact_store();
  store.put({}, {.id = "a"}, large);
  const auto check = [&](const std::string& damage, ContentState state) {
    CAPTURE(damage);
    RawDatabase raw(place.path);
    raw.execute("CREATE TABLE kept AS SELECT * FROM content_chunks");
    raw.execute(damage);
    CHECK(store.verify({}, "a") == state);
    CHECK(code_of([&] { static_cast<void>(store.open({}, "a").rest()); }) == ErrorCode::data_loss);
    raw.execute("DELETE FROM content_chunks; INSERT INTO content_chunks SELECT * FROM kept; DROP TABLE kept");
    CHECK(store.verify({}, "a") == ContentState::intact);
  };
  check("UPDATE content_chunks SET bytes = zeroblob(1048576) WHERE position = 1", ContentState::damaged);
  check("UPDATE content_chunks SET bytes = x'6162' WHERE position = 2", ContentState::damaged);
  check("UPDATE content_chunks SET bytes = x'' WHERE position = 1", ContentState::missing);
  check("DELETE FROM content_chunks WHERE position = 0", ContentState::missing);
  check("DELETE FROM content_chunks WHERE position = 2", ContentState::missing);
}

TEST_CASE("only uploads that are older than the age are swept, with their chunks, batch by batch") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path, .artifact_content = ArtifactContent::database});
  backend.migrate();
  auto& store = backend.artifact_store();
  store.put({}, {.id = "a"}, large);
  RawDatabase raw(place.path);
  const std::string now = std::to_string(microseconds_of(heddle::now()));
  raw.execute("INSERT INTO content_uploads VALUES ('default-user', 1, " + now + " - 3700000000), ('default-user', 2, " +
              now + " - 3500000000), ('another', 1, 5)");
  raw.execute(
      "WITH RECURSIVE counter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n < 99) "
      "INSERT INTO content_chunks SELECT user_id, number, n, x'00' FROM content_uploads, counter");
  CHECK(store.sweep_orphans({}, 1h) == 1);
  CHECK(place.chunks() == 203);
  CHECK(store.sweep_orphans({}, 1h) == 0);
  CHECK(store.sweep_orphans({}, 0s) == 1);
  CHECK(place.chunks() == 103);
  CHECK(store.sweep_orphans(Context::for_user("another"), 0s) == 1);
  CHECK(place.chunks() == 3);
  CHECK(store.open({}, "a").rest() == large);
}

TEST_CASE("the migration of contents is not undone while there are some") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path});
  backend.migrate();
  auto& store = backend.artifact_store();
  store.index({}, {.id = "b", .name = "of 0.1"});
  store.put({}, {.id = "a"}, "content");
  // The version before it, whatever came later.
  std::int32_t before = backend.migrator().latest_version();
  for (const auto& applied : backend.migrator().applied()) {
    if (applied.name == "contents") { before = applied.version - 1; }
  }
  CHECK_THROWS_AS(backend.migrator().to({}, before), Error);
  CHECK(store.open({}, "a").rest() == "content");
  CHECK(store.remove({}, "a", DeleteMode::hard));
  backend.migrator().to({}, before);
  backend.migrate();
  CHECK(store.get({}, "b")->name == "of 0.1");
  CHECK(store.put({}, {.id = "b"}, "content").version == 1);
}
