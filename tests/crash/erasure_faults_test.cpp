#include "crash/disk_faults.hpp"
#include "crash/faulty_vfs.hpp"
#include "heddle/erasure.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/files_with.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A disk that fails at each of SQLite's requests while a tenant is erased: the erasure reports it and goes on with its
/// key, or has succeeded.
namespace {

using crash::config_of_requests;
using crash::FaultyVfs;
using crash::fill;
using heddle::Backend;
using heddle::Sqlite;
using support::digest_of;
namespace fs = std::filesystem;

const heddle::Context tenant = heddle::Context::for_user("zanzibar7788");
const heddle::Context other = heddle::Context::for_user("bob");

/// Returns whether anything of the tenant is below the folder: its id is in its texts, too.
bool has_tenant(const fs::path& folder) { return !support::files_with(folder, tenant.user_id).empty(); }

/// Returns the receipt; nothing if the call has reported a failure.
std::optional<heddle::ErasureReceipt> erase(const fs::path& place) {
  try {
    Backend<Sqlite> backend(config_of_requests(place));
    return heddle::erase_user(backend, tenant, {.idempotency_key = "k"});
  } catch (const heddle::Error& error) {
    crash::check_of_disk(error);
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
    Backend<Sqlite> backend(config_of_requests(source));
    backend.migrate();
    fill(backend, tenant, 20, "zanzibar7788");
    backend.session_storage().save_session(other, {.id = "kept"});
    backend.session_storage().save_message(other, "kept", {.content = "other words"});
    backend.artifact_store().put(other, {.id = "a", .name = "kept"}, std::string(3000, 'y'));
    of_other = digest_of(backend, other);
  }
  fs::copy(source, place, fs::copy_options::recursive);
  const auto expected = erase(place);
  REQUIRE(expected);
  CHECK(expected->counts.at("messages") == 60);
  int failures = 0;
  int successes = 0;
  crash::fail_in_turn(source, place, 6, [&](const crash::Fault& fault) {
    disk.inject(fault);
    const auto receipt = erase(place);
    const bool has_struck = disk.heal();
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
    Backend<Sqlite> backend(config_of_requests(place));
    CHECK(digest_of(backend, other) == of_other);
    CHECK(backend.artifact_store().verify(other, "a") == heddle::ContentState::intact);
    CHECK(digest_of(backend, tenant) == digest_of(backend, heddle::Context::for_user("unknown")));
    CHECK(support::RawDatabase(config_of_requests(place).path).text("PRAGMA integrity_check") == "ok");
    return has_struck;
  });
  CHECK(failures > 50);
  CHECK(successes >= static_cast<int>(crash::disk_faults().size()));
}
