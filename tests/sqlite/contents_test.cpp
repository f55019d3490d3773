#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>
#include <thread>

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

TEST_CASE("an upload that cannot be removed does not keep others from being removed") {
  const Place place;
  Backend<Sqlite>({.path = place.path}).migrate();
  RawDatabase raw(place.path);
  // More than one page of them, before the others.
  raw.execute(
      "WITH RECURSIVE counter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n < 300) "
      "INSERT INTO content_uploads SELECT 'ada', n, 0 FROM counter; INSERT INTO content_uploads VALUES ('bob', 1, 0); "
      "CREATE TRIGGER stuck BEFORE DELETE ON content_uploads WHEN OLD.user_id = 'ada' AND OLD.number < 300 "
      "BEGIN SELECT RAISE(ABORT, 'stuck'); END");
  Backend<Sqlite> backend({.path = place.path, .administer_tenants = true});
  auto& store = backend.artifact_store();
  const auto uploads = [&](const std::string& user) {
    return raw.integer("SELECT count(*) FROM content_uploads WHERE user_id = '" + user + "'");
  };
  SUBCASE("of all tenants") {
    CHECK_THROWS_AS(store.purge_deleted({}, 0s), Error);
    CHECK(uploads("bob") == 0);
  }
  SUBCASE("of one tenant") { CHECK_THROWS_AS(store.sweep_orphans(Context::for_user("ada"), 0s), Error); }
  CHECK(uploads("ada") == 300);
}

TEST_CASE("a purge of artifacts that is stopped after their rows are removed still removes their files") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path, .administer_tenants = true});
  backend.migrate();
  auto& store = backend.artifact_store();
  const fs::path folder = store.folder({}, ArtifactFolder::user);
  fs::create_directories(folder);
  constexpr int batch = 100;
  for (int each = 0; each < batch; ++each) {
    const std::string id = std::to_string(each);
    std::ofstream(folder / id) << id;
    store.index({}, {.id = id, .path = (folder / id).string()});
    REQUIRE(store.remove({}, id, DeleteMode::soft));
  }
  const auto files = [&] { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); };
  CHECK(files() == batch);
  std::stop_source stop;
  {
    const std::jthread stopping([&](const std::stop_token& ended) {
      while (!ended.stop_requested() && files() == batch) {}
      stop.request_stop();
    });
    try {
      store.purge_deleted(Context{}.with_stop(stop.get_token()), 0s);
    } catch (const Error& error) { CHECK(error.code() == ErrorCode::cancelled); }
  }
  CHECK(store.list({}, {.include_deleted = true}).items.empty());
  CHECK(files() == 0);
}

TEST_CASE("only a backend that administers tenants purges the artifacts of all tenants") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path});
  backend.migrate();
  auto& store = backend.artifact_store();
  store.put({}, {.id = "a"}, "content");
  REQUIRE(store.remove({}, "a", DeleteMode::soft));
  CHECK(code_of([&] { store.purge_deleted({}, 0s); }) == ErrorCode::failed_precondition);
  CHECK(store.list({}, {.include_deleted = true}).items.size() == 1);
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
