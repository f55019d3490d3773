#include "backups/place.hpp"
#include "heddle/capabilities.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

/// What rules remove, and what compactions move, while a backup runs.
using namespace heddle;
using namespace backups;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("a backup has what rules remove and compactions move while it runs") {
  const Place place;
  sqlite::Config config = place.config();
  config.administer_tenants = true;
  Backend<Sqlite> source(config);
  source.migrate();
  for (const auto& tenant : {alice, bob}) { fill(source, tenant); }
  // More than is copied at once.
  std::string content;
  content.resize(10'000'000, 'x');
  source.session_storage().save_session(alice, {.id = "long"});
  source.session_storage().save_message(alice, "long", {.content = content});
  const auto before = digest_of(source, alice);
  constexpr RetentionRule one{.max_count = 1};

  bool copies = false;
  bool has_files = false;
  const auto report = backup(source, {}, place.backup, {.on_progress = [&](const BackupProgress& progress) {
                               if (progress.stage == BackupStage::database && progress.bytes > 0 && !copies) {
                                 copies = true;
                                 // The copy needs the pages as they were.
                                 source.session_storage().save_session(bob, {.id = "more"});
                                 CHECK(source.apply_retention({}, {.sessions = one, .errors = one}).sessions == 4);
                                 static_cast<void>(source.compact({}, {.time = 10min}));
                                 static_cast<void>(source.compact({}, {.full = true}));
                               }
                               if (progress.stage != BackupStage::files || has_files) { return; }
                               has_files = true;
                               CHECK(source.apply_retention({}, {.artifacts = one}).artifacts > 0);
                               static_cast<void>(source.compact({}, {.time = 10min}));
                             }});
  CHECK(copies);
  CHECK(has_files);
  CHECK(report.left_out == 0);
  CHECK_FALSE(fs::exists(place.artifacts / ".backup/held"));
  CHECK(source.compact({}, {.time = 10min}).unused_bytes == 0);

  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(digest_of(copy, alice) == before);
  for (const char* id : {"a1", "large", "a0"}) {
    CHECK(copy.artifact_store().verify(alice, id) == ContentState::intact);
  }
}
