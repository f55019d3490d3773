#include "crash/faulty_vfs.hpp"
#include "heddle/erasure.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A disk that fails at each of SQLite's requests while a tenant is erased: the erasure reports it and goes on with its
/// key, or has succeeded.
namespace {

using crash::Fault;
using crash::FaultyVfs;
using crash::Request;
using heddle::Backend;
using heddle::ErrorCode;
using heddle::Sqlite;
namespace fs = std::filesystem;

const heddle::Context tenant = heddle::Context::for_user("zanzibar7788");
const heddle::Context other = heddle::Context::for_user("bob");

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {.request = Request::write},
      {.request = Request::write, .code = SQLITE_FULL, .lasting = true},
      {.request = Request::write, .done_first = true},
      {.request = Request::sync, .code = SQLITE_IOERR_FSYNC},
      {.request = Request::sync, .code = SQLITE_IOERR_FSYNC, .done_first = true},
      {.request = Request::read, .code = SQLITE_IOERR_READ},
      {.request = Request::read, .code = SQLITE_IOERR_READ, .lasting = true},
      {.request = Request::truncate, .code = SQLITE_IOERR_TRUNCATE},
      {.request = Request::open},
  };
  return all;
}

/// A small cache, and no memory mapping, so that pages are read and written by requests.
heddle::sqlite::Config config(const fs::path& place) {
  return {.path = (place / "heddle.db").string(),
          .indexing = heddle::sqlite::Indexing::immediate,
          .cache_kib = 64,
          .mmap_bytes = 0};
}

void fill(Backend<Sqlite>& backend, const heddle::Context& context) {
  auto& store = backend.session_storage();
  for (int session = 0; session < 3; ++session) {
    const std::string id = "s" + std::to_string(session);
    store.save_session(context, {.id = id});
    store.save_messages(context, id, std::vector<heddle::Message>(20, {.content = id + " zanzibar7788"}),
                        {.idempotency_key = id});
    store.fold_messages(context, id, {2, 9}, {.content = "zanzibar7788"});
    store.fork_session(context, id, 12, {.id = "fork of " + id});
    backend.artifact_store().put(context, {.id = id, .name = id}, std::string(3000, 'x') + id + "zanzibar7788");
    backend.error_store().store(context, {.id = id, .tool_name = "t", .raw_error = "zanzibar7788"});
  }
}

std::string digest(Backend<Sqlite>& backend, const heddle::Context& context) {
  return heddle::export_user(backend, context, [](std::string_view /*bytes*/) {}).records_checksum;
}

/// Returns whether a file below the folder has the id of the tenant, which is in its texts, too.
bool has_tenant(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::string text = entry.path().filename().string();
    if (entry.is_regular_file()) {
      std::ifstream stream(entry.path(), std::ios::binary);
      text.append(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    if (text.find("zanzibar7788") != std::string::npos) { return true; }
  }
  return false;
}

/// Returns the receipt; nothing if the call has reported a failure.
std::optional<heddle::ErasureReceipt> erase(const fs::path& place) {
  try {
    Backend<Sqlite> backend(config(place));
    return heddle::erase_user(backend, tenant, {.idempotency_key = "k"});
  } catch (const heddle::Error& error) {
    // A disk fault must not be reported as an error of the caller or of Heddle.
    const bool is_known = error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::internal;
    CHECK_MESSAGE(is_known, std::string(error.what()));
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("an erasure on a disk that fails reports it, goes on with its key, and counts nothing twice") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  const fs::path source = folder.path() / "source";
  const fs::path place = folder.path() / "place";
  fs::create_directories(source);
  std::string of_other;
  {
    Backend<Sqlite> backend(config(source));
    backend.migrate();
    fill(backend, tenant);
    backend.session_storage().save_session(other, {.id = "kept"});
    backend.session_storage().save_message(other, "kept", {.content = "other words"});
    backend.artifact_store().put(other, {.id = "a", .name = "kept"}, std::string(3000, 'y'));
    of_other = digest(backend, other);
  }
  fs::copy(source, place, fs::copy_options::recursive);
  const auto expected = erase(place);
  REQUIRE(expected);
  CHECK(expected->counts.at("messages") == 60);
  const auto dense = static_cast<int>(support::size_of_run(2, 200));
  int failures = 0;
  int successes = 0;
  for (const Fault& kind : faults()) {
    CAPTURE(static_cast<int>(kind.request));
    CAPTURE(kind.lasting);
    bool has_struck = true;
    Fault fault = kind;
    for (fault.at = 1; has_struck; fault.at += fault.at < dense ? 1 : 1 + fault.at / 3) {
      CAPTURE(fault.at);
      fs::remove_all(place);
      fs::copy(source, place, fs::copy_options::recursive);
      disk.inject(fault);
      const auto receipt = erase(place);
      has_struck = disk.heal();
      ++(receipt ? successes : failures);
      if (!has_struck) { CHECK(receipt); }
      // What was returned holds without another call.
      if (receipt) { CHECK(!has_tenant(place)); }
      const auto again = erase(place);
      REQUIRE(again);
      if (receipt) { CHECK(*again == *receipt); }
      CHECK(again->counts == expected->counts);
      CHECK(again->files == expected->files);
      CHECK(!has_tenant(place));
      Backend<Sqlite> backend(config(place));
      CHECK(digest(backend, other) == of_other);
      CHECK(backend.artifact_store().verify(other, "a") == heddle::ContentState::intact);
      CHECK(digest(backend, tenant) == digest(backend, heddle::Context::for_user("unknown")));
      CHECK(support::RawDatabase(config(place).path).text("PRAGMA integrity_check") == "ok");
    }
  }
  CHECK(failures > 50);
  CHECK(successes >= static_cast<int>(faults().size()));
}
