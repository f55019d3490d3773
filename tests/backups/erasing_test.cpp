#include "backups/place.hpp"
#include "heddle/erasure.hpp"
#include "heddle/sqlite/backups/backup_hold.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

/// Tenants that are erased while a backup runs.
using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

namespace {

/// Returns the receipt once no backup and no read keeps it.
ErasureReceipt erase_in_the_end(Backend<Sqlite>& backend, const Context& context, const std::string& key) {
  for (;;) {
    try {
      return erase_user(backend, context, {.idempotency_key = key});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable) { throw; }
    }
  }
}

/// Returns how many files below a folder contain a text; not those in the backup.
int files_with(const Place& place, const fs::path& folder, const std::string& text) {
  int found = 0;
  for (const fs::path& file : files_below(folder)) {
    const bool is_backup = file.string().starts_with(place.backup.string() + "/");
    if (!is_backup && read_file(file).find(text) != std::string::npos) { ++found; }
  }
  return found;
}

}  // namespace

TEST_CASE("a tenant that is erased while a backup runs is in it, and its files are gone when the receipt is returned") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  // Stands for another process.
  Backend<Sqlite> other(place.config());
  for (const auto& tenant : {alice, bob}) { fill(source, tenant); }
  const fs::path own = source.artifact_store().folder(alice, ArtifactFolder::user);
  fs::create_directories(own);
  write_file(own / "own.txt", "a file of alice");
  source.artifact_store().index(alice, {.id = "own", .path = (own / "own.txt").string()});
  const auto of_alice = source.session_storage().load_messages(alice, "fork").items;
  const auto of_bob = digest_of(source, bob);
  bool is_done = false;
  const auto erase = [&](const BackupProgress& progress) {
    if (progress.stage != BackupStage::files || is_done) { return; }
    is_done = true;
    CHECK(other.artifact_store().remove(alice, "large", DeleteMode::hard));
    CHECK(code_of([&] { erase_user(other, alice, {.idempotency_key = "k"}); }) == ErrorCode::unavailable);
    // The rows are gone, and the tenant is open again.
    CHECK(other.session_storage().list_sessions(alice).items.empty());
    CHECK_FALSE(fs::exists(place.artifacts / "alice"));
    CHECK(fs::exists(place.artifacts / ".backup/held"));
    other.session_storage().save_session(alice, {.id = "new"});
    other.artifact_store().put(alice, {.id = "new", .name = "new"}, "new content");
  };
  const auto report = backup(source, {}, place.backup, {.on_progress = erase});
  REQUIRE(is_done);
  CHECK(report.files == 15);
  CHECK(report.not_found == 0);

  const ErasureReceipt receipt = erase_user(other, alice, {.idempotency_key = "k"});
  CHECK(receipt.counts.at("sessions") == 2);
  CHECK(receipt.files > 0);
  for (const char* text : {"bytes of alice", "a file of alice", "alice digs"}) {
    CAPTURE(text);
    CHECK(files_with(place, place.root.path(), text) == 0);
  }
  CHECK(other.artifact_store().verify(alice, "new") == ContentState::intact);
  CHECK(digest_of(source, bob) == of_bob);

  // After a restore it is to be erased again.
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.session_storage().load_messages(alice, "fork").items == of_alice);
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
  CHECK(copy.artifact_store().open(alice, "own").rest() == "a file of alice");
  CHECK(erase_user(copy, alice, {.idempotency_key = "after the restore"}).counts.at("sessions") == 2);
  CHECK(digest_of(copy, bob) == of_bob);
}

TEST_CASE("an erasure removes what a backup has kept that was killed") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  const fs::path kept = place.artifacts / ".backup/held/1/alice/contents";
  fs::create_directories(kept);
  fs::create_directories(place.artifacts / ".backup/held/0/bob");
  write_file(place.artifacts / ".backup/lock", "");
  write_file(kept / "former", "bytes of alice");
  erase_user(source, alice);
  CHECK_FALSE(fs::exists(kept / "former"));
  CHECK(files_with(place, place.root.path(), "bytes of alice") == 0);
}

TEST_CASE("an erasure that waited for a backup removes what is left if that is killed while it removes the files") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  std::optional<sqlite::backups::BackupHold> hold(std::in_place, place.artifacts, Context{});
  CHECK(code_of([&] { erase_user(source, alice, {.idempotency_key = "k"}); }) == ErrorCode::unavailable);
  hold.reset();
  // As OpenFolder::remove_tree leaves a folder of a tree.
  const fs::path moved = place.artifacts / ".backup/held" / std::string(32, 'a') / "contents";
  fs::create_directories(moved);
  write_file(moved / "former", "bytes of alice");
  erase_user(source, alice, {.idempotency_key = "k"});
  CHECK(files_with(place, place.root.path(), "bytes of alice") == 0);
}

TEST_CASE("an erasure waits for a backup that keeps files of its tenant, and for no other") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  for (const auto& tenant : {alice, bob}) { fill(source, tenant); }
  std::optional<sqlite::backups::BackupHold> hold(std::in_place, place.artifacts, Context{});
  // It has no files.
  const Context third = Context::for_user("third");
  source.session_storage().save_session(third, {.id = "s"});
  CHECK(erase_user(source, third).files == 0);
  ErasureReceipt receipt;
  std::atomic<bool> has_returned{false};
  std::thread eraser([&] {
    receipt = erase_in_the_end(source, alice, "k");
    has_returned = true;
  });
  while (fs::exists(place.artifacts / "alice")) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  CHECK(files_with(place, place.artifacts / ".backup", "bytes of alice") > 0);
  CHECK_FALSE(has_returned);
  hold.reset();
  eraser.join();
  CHECK(receipt.files > 0);
  CHECK(files_with(place, place.root.path(), "bytes of alice") == 0);
  CHECK(source.artifact_store().verify(bob, "large") == ContentState::intact);
}

TEST_CASE("backups that are made while a tenant is written and erased again and again are whole") {
  const Place place;
  Backend<Sqlite> source({.path = place.database.string(), .durability = sqlite::Durability::normal});
  source.migrate();
  fill(source, bob);
  const auto of_bob = digest_of(source, bob);
  std::atomic<bool> must_end{false};
  std::thread writer([&] {
    for (int number = 0; !must_end; ++number) {
      const std::string id = std::to_string(number);
      try {
        source.session_storage().save_session(alice, {.id = id});
        source.session_storage().save_message(alice, id, {.content = "content of " + id});
        source.artifact_store().put(alice, {.id = id, .name = id, .session_id = id}, "bytes of " + id);
      } catch (const Error& error) {
        // It is being erased.
        const bool is_known = error.code() == ErrorCode::failed_precondition || error.code() == ErrorCode::not_found ||
                              error.code() == ErrorCode::unavailable;
        CHECK_MESSAGE(is_known, std::string(error.what()));
      }
    }
  });
  std::atomic<int> erasures{0};
  std::thread eraser([&] {
    while (!must_end) {
      erase_in_the_end(source, alice, std::to_string(erasures));
      ++erasures;
    }
  });
  int backups = 0;
  for (; backups < 6 || erasures < 3; ++backups) {
    CAPTURE(backups);
    const auto report = backup(source, {}, place.backup);
    const fs::path database = place.root.path() / (std::to_string(backups) + ".db");
    restore({}, place.backup, {.database = database});
    Backend<Sqlite> copy({.path = database.string()});
    CHECK(digest_of(copy, bob) == of_bob);
    PageRequest request{.limit = 100};
    do {
      const auto page = copy.artifact_store().list(alice, {}, request);
      for (const Artifact& artifact : page.items) {
        CHECK(copy.artifact_store().open(alice, artifact.id).rest() == "bytes of " + artifact.id);
      }
      request.cursor = page.next;
    } while (!request.cursor.empty());
    // Also from within an erasure.
    erase_user(copy, alice);
    CHECK(digest_of(copy, bob) == of_bob);
    CHECK(copy.artifact_store().list(alice).items.empty());
  }
  must_end = true;
  writer.join();
  eraser.join();
  erase_user(source, alice);
  CHECK(files_with(place, place.artifacts, "bytes of ") == files_with(place, place.artifacts / "bob", "bytes of "));
  CHECK(digest_of(source, bob) == of_bob);
}
