#include "backups/place.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

TEST_CASE("a backup is restored with all that the database and its artifacts had") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  for (const auto& tenant : {alice, bob}) { fill(source, tenant); }

  const BackupReport report = backup(source, alice, place.backup);
  CHECK(report.files == 14);
  CHECK(report.left_out == 0);
  CHECK(report.not_found == 0);
  // Both tenants have one content that is equal.
  CHECK(report.copied_files == 13);
  CHECK(report.schema == source.migrator().latest_version());
  CHECK(report.database_bytes > 0);
  CHECK(report.file_bytes > (std::int64_t{10} << 20U));
  BackupReport verified = verify_backup({}, place.backup);
  CHECK(verified.checksum == report.checksum);
  CHECK(verified.files == report.files);
  CHECK(verified.time == report.time);

  const RestoreReport restored = restore({}, place.backup, {.database = place.restored});
  CHECK(restored.backup.checksum == report.checksum);
  CHECK_FALSE(restored.resumed);
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.pending_migrations().empty());
  for (const auto& tenant : {alice, bob}) {
    CHECK(digest_of(copy, tenant) == digest_of(source, tenant));
    for (const char* id : {"a0", "a1", "a4", "large", "copy"}) {
      CHECK(copy.artifact_store().verify(tenant, id) == ContentState::intact);
    }
  }
  CHECK(copy.artifact_store().open(alice, "a0").rest() == "a second version");
  CHECK(copy.artifact_store().open(alice, "a0", 1).rest() == "bytes of alicea0");
  CHECK(copy.session_storage().search_messages(alice, {.query = "alice digs"}).items.size() == 20);
  CHECK(copy.session_storage().save_message(alice, "s", {.content = "alice digs 3"}, {.idempotency_key = "3"}) == 4);
  CHECK(copy.artifact_store().sweep_orphans(alice, std::chrono::seconds(0)) == 0);
  // The new database has its own files.
  copy.artifact_store().remove(alice, "large", DeleteMode::hard);
  CHECK(source.artifact_store().verify(alice, "large") == ContentState::intact);
}

TEST_CASE("the calls of the document make, verify and restore a backup") {
  const Place place;
  const Context context = alice;
  const fs::path folder = place.root.path();
  Backend<Sqlite> storage(place.config());
  storage.migrate();
  fill(storage, alice);
  heddle::backup(storage, context, folder / "backup");
  heddle::verify_backup(context, folder / "backup");
  heddle::restore(context, folder / "backup", {.database = folder / "restored.db"});
  Backend<Sqlite> restored(place.restored_config());
  CHECK(digest_of(restored, alice) == digest_of(storage, alice));
}

TEST_CASE("a later backup into the same folder copies only what is new, and takes the place of the one before") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  backup(source, {}, place.backup);
  const auto objects = objects_of(place.backup).size();
  for (const auto check : {BackupCheck::full, BackupCheck::quick}) {
    const auto again = backup(source, {}, place.backup, {.check = check});
    CHECK(again.copied_files == 0);
    CHECK(again.copied_bytes == 0);
    CHECK(again.files == 7);
  }
  source.artifact_store().put(alice, {.id = "new"}, "new bytes");
  source.artifact_store().remove(alice, "large", DeleteMode::hard);
  const auto last = backup(source, {}, place.backup);
  CHECK(last.copied_files == 1);
  CHECK(last.copied_bytes == 9);
  // What only the former backup had is gone: its database, its list, the large content.
  CHECK(objects_of(place.backup).size() == objects);
  CHECK(files_below(place.backup, "database-").size() == 1);
  CHECK(files_below(place.backup, "files-").size() == 1);
  CHECK(verify_backup({}, place.backup).checksum == last.checksum);
}

TEST_CASE("files that programs have written into a tenant's folder are in the backup, with their paths") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  auto& store = source.artifact_store();
  source.session_storage().save_session(alice, {.id = "s"});
  const fs::path folder = store.folder(alice, ArtifactFolder::agent, "s");
  fs::create_directories(folder);
  write_file(folder / "map 1%.txt", "a map");
  write_file(place.root.path() / "elsewhere.txt", "not the tenant's");
  store.index(alice, {.id = "map", .name = "map", .path = (folder / "map 1%.txt").string(), .session_id = "s"});
  store.index(alice, {.id = "elsewhere", .path = (place.root.path() / "elsewhere.txt").string()});
  store.index(alice, {.id = "gone", .path = (folder / "gone.txt").string()});
  // The folder of another tenant is not alice's.
  store.index(bob, {.id = "foreign", .path = (folder / "map 1%.txt").string()});

  const auto report = backup(source, {}, place.backup);
  CHECK(report.files == 1);
  CHECK(report.not_found == 3);
  source.close();
  fs::remove_all(place.artifacts);

  const auto restored = restore({}, place.backup, {.database = place.restored});
  CHECK(restored.moved_paths == 3);
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.artifact_store().open(alice, "map").rest() == "a map");
  CHECK(copy.artifact_store().get(alice, "elsewhere")->path == (place.root.path() / "elsewhere.txt").string());
  CHECK(copy.artifact_store().verify(alice, "map") == ContentState::intact);
  CHECK(support::RawDatabase(place.restored.string()).text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a backup into a folder with anything else is refused, and changes nothing") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  const auto code = [&](const fs::path& folder) { return code_of([&] { backup(source, {}, folder); }); };

  CHECK(code({}) == ErrorCode::invalid_argument);
  CHECK(code(place.artifacts) == ErrorCode::invalid_argument);
  CHECK(code(place.artifacts / "backup") == ErrorCode::invalid_argument);
  CHECK(code(place.root.path()) == ErrorCode::invalid_argument);
  CHECK(code(place.root.path() / "missing/backup") == ErrorCode::failed_precondition);
  CHECK(code(place.database) == ErrorCode::already_exists);
  fs::create_directory(place.backup);
  write_file(place.backup / "photo.jpg", "a photo");
  CHECK(code(place.backup) == ErrorCode::failed_precondition);
  CHECK(read_file(place.backup / "photo.jpg") == "a photo");
  CHECK(files_below(place.backup).size() == 1);
  fs::remove(place.backup / "photo.jpg");
  CHECK(backup(source, {}, place.backup.string() + "/").files == 7);
  CHECK(code_of([&] { backup(source, {}, place.backup, {.check = static_cast<BackupCheck>(7)}); }) ==
        ErrorCode::invalid_argument);
}

TEST_CASE("the observer sees all stages, and what it throws leaves the backup of before") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  std::vector<BackupProgress> seen;
  const BackupObserver observe = [&](const BackupProgress& progress) {
    CHECK(progress.bytes <= progress.total_bytes);
    if (!seen.empty() && seen.back().stage == progress.stage) { CHECK(progress.bytes >= seen.back().bytes); }
    seen.push_back(progress);
  };
  const auto first = backup(source, {}, place.backup, {.on_progress = observe});
  CHECK(seen.front().stage == BackupStage::database);
  CHECK(seen.back().stage == BackupStage::verification);
  CHECK(seen.back().bytes == seen.back().total_bytes);
  CHECK(seen.back().bytes == first.database_bytes);

  for (const auto stage : {BackupStage::database, BackupStage::files, BackupStage::verification}) {
    source.artifact_store().put(alice, {.id = "new"}, "new bytes " + std::string(to_string(stage)));
    const BackupObserver fail = [&](const BackupProgress& progress) {
      if (progress.stage == stage) { throw std::runtime_error("enough"); }
    };
    CHECK_THROWS_AS(backup(source, {}, place.backup, {.on_progress = fail}), std::runtime_error);
    CHECK(verify_backup({}, place.backup).checksum == first.checksum);
  }
  CHECK(files_below(place.backup, "database-").size() == 1);
  const auto cancelled = Context{}.with_timeout(std::chrono::seconds(0));
  CHECK(code_of([&] { backup(source, cancelled, place.backup); }) == ErrorCode::deadline_exceeded);
}

TEST_CASE("a database in memory, one without migrations and one without artifacts are backed up, too") {
  const Place place;
  const auto restored = [&](Backend<Sqlite>& source, const std::string& name) {
    backup(source, {}, place.root.path() / name);
    restore({}, place.root.path() / name, {.database = place.root.path() / (name + ".db")});
    CHECK_FALSE(fs::exists(place.root.path() / (name + ".db-artifacts")));
    return std::make_unique<Backend<Sqlite>>(sqlite::Config{.path = (place.root.path() / (name + ".db")).string()});
  };
  Backend<Sqlite> memory({.path = ":memory:"});
  memory.migrate();
  fill(memory, alice);
  CHECK(digest_of(*restored(memory, "memory"), alice) == digest_of(memory, alice));
  Backend<Sqlite> empty({.path = (place.root.path() / "empty.db").string()});
  CHECK(restored(empty, "new")->pending_migrations().size() == empty.pending_migrations().size());
}

TEST_CASE("a handle makes backups, if the backend in it can") {
  const Place place;
  auto handle = AnyBackend::make<Backend<Sqlite>>(place.config());
  handle.migrate();
  fill(handle, alice);
  REQUIRE(backups::files_below(place.root.path(), "contents").size() == 7);
  CHECK(heddle::backups(handle));
  CHECK(backup(handle, {}, place.backup).files == 7);
  CHECK(heddle::backups(handle)->backup({}, place.backup).copied_files == 0);
  CHECK(verify_backup({}, place.backup, BackupCheck::quick).files == 7);

  Backend<Sqlite> known({.path = ":memory:"});
  static_assert(decltype(heddle::backups(known))::possible);
  CHECK(heddle::backups(known)->backup({}, place.root.path() / "known").files == 0);
  AnyBackend moved = std::move(handle);
  CHECK_FALSE(heddle::backups(handle));  // NOLINT(bugprone-use-after-move)
  CHECK(code_of([&] { backup(handle, {}, place.backup); }) == ErrorCode::failed_precondition);
}
