#include "conformance/sample.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;
using conformance::alice;
using support::code_of;

TEST_CASE("a damaged result is detected, and an access is stored at most once a minute") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  auto& store = backend.result_store();
  const Table numbers{{"n"}, {{std::int64_t{1}}, {std::int64_t{2}}, {std::int64_t{3}}}};
  store.store(alice, {.id = "r", .table = numbers});
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  const auto change = [&](const char* sql) { REQUIRE(sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) == SQLITE_OK); };
  const auto accessed_at = [&] { return store.metadata(alice, "r").value().accessed_at; };
  const auto query = [&] { return store.query(alice, "r", "SELECT * FROM result"); };

  const Timestamp stored_at = accessed_at();
  CHECK(query() == numbers);
  CHECK(accessed_at() == stored_at);
  change("UPDATE sql_results SET accessed_at = accessed_at - 3600000000");
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "nonsense")); }) == ErrorCode::invalid_argument);
  CHECK(accessed_at() == stored_at - 1h);
  CHECK(query() == numbers);
  CHECK(accessed_at() >= stored_at);

  // Storing the access must neither fail the query nor delay it.
  change("UPDATE sql_results SET accessed_at = accessed_at - 3600000000; BEGIN IMMEDIATE");
  CHECK(query() == numbers);
  change("ROLLBACK");
  CHECK(accessed_at() < stored_at);

  // One letter of the content, a change that SQLite itself does not detect.
  store.store(alice, {.id = "r", .table = {{"t"}, {{std::string("abc")}}}});
  CHECK(query().rows == std::vector<std::vector<Cell>>{{std::string("abc")}});
  sqlite3_blob* image = nullptr;
  REQUIRE(sqlite3_blob_open(raw, "main", "sql_result_images", "image", 1, 1, &image) == SQLITE_OK);
  REQUIRE(sqlite3_blob_write(image, "d", 1, sqlite3_blob_bytes(image) - 1) == SQLITE_OK);
  sqlite3_blob_close(image);
  CHECK(code_of([&] { static_cast<void>(query()); }) == ErrorCode::data_loss);
  // An image that SQLite takes for a database with a write-ahead log, with the checksum that belongs to it.
  store.store(alice, {.id = "r", .table = numbers});
  REQUIRE(sqlite3_blob_open(raw, "main", "sql_result_images", "image", 1, 1, &image) == SQLITE_OK);
  REQUIRE(sqlite3_blob_write(image, "\2\2", 2, 18) == SQLITE_OK);
  std::vector<std::byte> tampered(static_cast<std::size_t>(sqlite3_blob_bytes(image)));
  REQUIRE(sqlite3_blob_read(image, tampered.data(), sqlite3_blob_bytes(image), 0) == SQLITE_OK);
  sqlite3_blob_close(image);
  change(("UPDATE sql_results SET checksum = '" + detail::crypto::sha256_hex(tampered) + "'").c_str());
  CHECK(code_of([&] { static_cast<void>(query()); }) == ErrorCode::data_loss);
  change("UPDATE sql_result_images SET image = zeroblob(0)");
  CHECK(code_of([&] { static_cast<void>(query()); }) == ErrorCode::data_loss);
  CHECK(store.metadata(alice, "r").has_value());

  // However a result is removed, its image is removed with it.
  const auto brief = store.store(alice, {.id = "brief", .table = numbers, .time_to_live = 1ms});
  while (now() <= brief.stored_at + 1ms) { std::this_thread::sleep_for(1ms); }
  change("CREATE TEMP TABLE counted (images CHECK (images = 2))");
  change("INSERT INTO counted SELECT count(*) FROM sql_result_images");
  CHECK(store.expire(alice) == 1);
  CHECK(store.remove(alice, "r"));
  change("CREATE TEMP TABLE none_left (images CHECK (images = 0))");
  change("INSERT INTO none_left SELECT count(*) FROM sql_result_images");
  sqlite3_close(raw);
}

TEST_CASE("expired results of all tenants are removed together, and nothing else") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  auto& store = backend.result_store();
  const Table table{{"n"}, {}};
  for (int i = 0; i < 70; ++i) {
    const Context tenant = Context::for_user("tenant " + std::to_string(i % 3));
    store.store(tenant, {.table = table, .time_to_live = 1ms});
    if (i < 5) { store.store(tenant, {.table = table}); }
  }
  std::this_thread::sleep_for(5ms);
  support::RawDatabase raw(path);
  CHECK(raw.integer("SELECT count(*) FROM sql_result_images") == 75);
  CHECK(store.purge_expired() == 70);
  CHECK(raw.integer("SELECT count(*) FROM sql_result_images") == 5);
  CHECK(store.purge_expired() == 0);
}

TEST_CASE("settings of results without meaning are refused when the backend is opened") {
  const auto refused = [](const ResultSettings& settings) {
    return code_of([&] { const Backend<Sqlite> backend({.path = ":memory:", .results = settings}); }) ==
           ErrorCode::invalid_argument;
  };
  CHECK(refused({.quota_bytes = -1}));
  CHECK(refused({.cleanup_interval = -1s}));
}
