#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>

/// The copying of the write-ahead log into the database, and the length of the log.
namespace {

using support::saying;

constexpr std::uintmax_t mebibyte = 1 << 20U;

std::uintmax_t log_size(const concurrency::FileBackend& file) {
  return std::filesystem::file_size(file.path().string() + "-wal");
}

/// Saves so much that the log is copied several times if nothing is in the way: 32 MiB.
template <class Store>
void save_much(Store& store) {
  for (int number = 0; number < 32; ++number) { store.save_message({}, "session", saying(std::string(mebibyte, 'x'))); }
}

}  // namespace

TEST_CASE("while the log is copied into the database, no other connection can write") {
  crash::FaultyVfs disk;
  // Only the thread of this test writes: the function below is not for several.
  concurrency::FileBackend file([](heddle::sqlite::Config& config) {
    config.mmap_bytes = 0;
    config.indexing = heddle::sqlite::Indexing::immediate;
  });
  concurrency::RawConnection other(file.path());
  other.run("PRAGMA busy_timeout = 0");
  other.run("SELECT count(*) FROM sessions");
  int copied = 0;
  int refused = 0;
  disk.watch_writes([&](const std::string& path) {
    if (path != file.path()) { return; }
    ++copied;
    try {
      other.run("BEGIN IMMEDIATE");
      other.run("ROLLBACK");
    } catch (const std::runtime_error&) { ++refused; }
  });
  save_much(file.store());
  disk.watch_writes({});
  CHECK(copied > 1000);
  CHECK(refused == copied);
  CHECK(file.messages() == 32);
  CHECK(concurrency::RawConnection(file.path()).damage() == "");
}

TEST_CASE("the log of a steady writer stays short") {
  concurrency::FileBackend file;
  save_much(file.store());
  save_much(file.store());
  CHECK(log_size(file) < 16 * mebibyte);
}

TEST_CASE("a log that grew beside a slow visitor is cut at the first write after it") {
  concurrency::FileBackend file;
  file.store().save_message({}, "session", saying("first"));
  file.store().for_each_message({}, "session", [&](const heddle::Message&) {
    save_much(file.store());
    // So that no attempt to copy the log is due at the next write by its length alone.
    file.store().save_message({}, "session", saying(std::string(mebibyte, 'x')));
  });
  CHECK(log_size(file) > 32 * mebibyte);
  file.store().save_message({}, "session", saying("next"));
  CHECK(log_size(file) <= 16 * mebibyte);
}

TEST_CASE("a visitor that makes the log grow beyond the bound is ended, and no other call") {
  concurrency::FileBackend file([](heddle::sqlite::Config& config) { config.visitor_log_bytes = 16 * mebibyte; });
  for (int number = 0; number < 2; ++number) { file.store().save_message({}, "session", saying("early")); }
  int visited = 0;
  const heddle::Error error = support::error_of([&] {
    file.store().for_each_message({}, "session", [&](const heddle::Message&) {
      ++visited;
      save_much(file.store());
      // A read that begins now does not keep the log from starting anew.
      CHECK(file.store().for_each_message({}, "session", [](const heddle::Message&) {}) == 34);
    });
  });
  CHECK(error.code() == heddle::ErrorCode::resource_exhausted);
  CHECK(visited == 1);
  file.store().save_message({}, "session", saying("late"));
  CHECK(file.messages() == 35);
}
