#include "backups/place.hpp"
#include "concurrency/migration_folder.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

/// What a backup or a restore says that cannot be made.
using namespace heddle;
using namespace backups;
using support::code_of;
using support::error_of;
namespace fs = std::filesystem;

namespace {

/// Returns what `action` throws, run in a forked child: for what can only be changed for a whole process.
std::string said_in_child(const std::function<void()>& prepare, const std::function<void()>& action) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "no error";
    try {
      prepare();
      action();
    } catch (const Error& error) { said = std::string(to_string(error.code())) + ": " + error.what(); }
    ::_exit(::write(pipe[1], said.data(), said.size()) < 0 ? 1 : 0);
  }
  ::close(pipe[1]);
  std::string said;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    said.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return said;
}

void limit_files(rlim_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) { throw Error(ErrorCode::internal, "no limit"); }
}

void become_nobody() {
  constexpr uid_t nobody = 65534;
  if (::geteuid() == 0 && ::seteuid(nobody) != 0) { throw Error(ErrorCode::internal, "cannot become nobody"); }
}

/// A call ends at the first report of a stage, and leaves what was there.
void check_end(const std::function<void(const Context& context, const BackupObserver& observer)>& call) {
  for (const auto stage : {BackupStage::database, BackupStage::files, BackupStage::verification}) {
    CAPTURE(to_string(stage));
    std::stop_source source;
    const auto context = Context{}.with_stop(source.get_token());
    const auto code = code_of([&] {
      call(context, [&](const BackupProgress& progress) {
        if (progress.stage == stage) { source.request_stop(); }
      });
    });
    CHECK(code == ErrorCode::cancelled);
  }
}

}  // namespace

TEST_CASE("a disk that is full is resource_exhausted, says where, and leaves the backup of before") {
  const Place place;
  const std::string checksum = make_backup(place);
  {
    Backend<Sqlite> source(place.config());
    source.artifact_store().put(alice, {.id = "new"}, std::string(std::size_t{3} << 20U, 'n'));
  }
  // The database does not fit, then a file of an artifact.
  for (const rlim_t bytes : {rlim_t{100'000}, rlim_t{2} << 20U}) {
    CAPTURE(bytes);
    const std::string said = said_in_child([&] { limit_files(bytes); },
                                           [&] {
                                             Backend<Sqlite> source({.path = place.database.string(), .mmap_bytes = 0});
                                             backup(source, {}, place.backup);
                                           });
    CAPTURE(said);
    CHECK(said.starts_with("resource_exhausted"));
    CHECK(said.find(place.backup.string()) != std::string::npos);
    CHECK(verify_backup({}, place.backup).checksum == checksum);
    CHECK(files_below(place.backup, "database-").size() == 1);
    CHECK(files_below(place.backup, "unfinished").empty());
  }
  const std::string said = said_in_child([&] { limit_files(rlim_t{2} << 20U); },
                                         [&] { restore({}, place.backup, {.database = place.restored}); });
  CAPTURE(said);
  CHECK(said.starts_with("resource_exhausted"));
  CHECK(said.find(place.restored.string()) != std::string::npos);
  CHECK_FALSE(fs::exists(place.restored));
  CHECK(restore({}, place.backup, {.database = place.restored}).resumed);
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
}

TEST_CASE("what may not be written or read is permission_denied, and says where") {
  const Place place;
  make_backup(place);
  const auto said = [&](const std::function<void()>& action) { return said_in_child(become_nobody, action); };
  const auto set_modes = [&](mode_t folders, mode_t files) {
    for (const auto& entry : fs::recursive_directory_iterator(place.root.path())) {
      REQUIRE(::chmod(entry.path().c_str(), entry.is_directory() ? folders : files) == 0);
    }
    REQUIRE(::chmod(place.root.path().c_str(), folders) == 0);
  };
  // All may read, and none may write.
  set_modes(0555, 0444);
  CHECK(said([&] { static_cast<void>(verify_backup({}, place.backup)); }) == "no error");
  const std::string restoring = said([&] { restore({}, place.backup, {.database = place.restored}); });
  CAPTURE(restoring);
  CHECK(restoring.starts_with("permission_denied"));
  CHECK(restoring.find(place.restored.string()) != std::string::npos);
  const std::string backing_up = said([&] {
    Backend<Sqlite> source({.path = place.database.string(), .read_only = true, .immutable = true});
    backup(source, {}, place.backup);
  });
  CAPTURE(backing_up);
  CHECK(backing_up.starts_with("permission_denied"));
  CHECK(backing_up.find(place.backup.string()) != std::string::npos);
  REQUIRE(::chmod(place.backup.c_str(), 0) == 0);
  const std::string verifying = said([&] { static_cast<void>(verify_backup({}, place.backup)); });
  CAPTURE(verifying);
  CHECK(verifying.starts_with("permission_denied"));
  CHECK(verifying.find(place.backup.string()) != std::string::npos);
  // So that the folder can be removed.
  REQUIRE(::chmod(place.root.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(place.backup.c_str(), 0755) == 0);
  set_modes(0755, 0644);
}

TEST_CASE("a stop ends a backup, its verification and a restore in any stage, and leaves what was there") {
  const Place place;
  const std::string checksum = make_backup(place);
  {
    Backend<Sqlite> source(place.config());
    check_end([&](const Context& context, const BackupObserver& observer) {
      source.artifact_store().put(alice, {.id = "new"}, "new " + checksum);
      backup(source, context, place.backup, {.on_progress = observer});
    });
  }
  CHECK(verify_backup({}, place.backup).checksum == checksum);
  CHECK(files_below(place.backup, "database-").size() == 1);
  check_end([&](const Context& context, const BackupObserver& observer) {
    restore(context, place.backup, {.database = place.restored}, {.on_progress = observer});
  });
  CHECK_FALSE(fs::exists(place.restored));
  const auto late = Context{}.with_timeout(std::chrono::seconds(0));
  CHECK(code_of([&] { static_cast<void>(verify_backup(late, place.backup)); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { restore(late, place.backup, {.database = place.restored}); }) == ErrorCode::deadline_exceeded);
  CHECK(restore({}, place.backup, {.database = place.restored}).resumed);
}

TEST_CASE("a database that is open for reading only is backed up, and its files do not change") {
  const Place place;
  {
    Backend<Sqlite> source(place.config());
    source.migrate();
    fill(source, alice);
  }
  const std::string before = read_file(place.database);
  {
    Backend<Sqlite> reader({.path = place.database.string(), .read_only = true});
    CHECK(backup(reader, {}, place.backup).files == 7);
  }
  CHECK(read_file(place.database) == before);
  restore({}, place.backup, {.database = place.restored});
  Backend<Sqlite> copy(place.restored_config());
  CHECK(copy.artifact_store().verify(alice, "large") == ContentState::intact);
}

TEST_CASE("a database and a backup of a later schema are refused: this version does not know their files") {
  const Place place;
  make_backup(place);
  const auto checksum = verify_backup({}, place.backup).checksum;
  Backend<Sqlite> source(place.config());
  support::RawDatabase(place.database.string())
      .execute(
          "INSERT INTO heddle_migrations SELECT version + 1, 'later', checksum, applied_at "
          "FROM heddle_migrations ORDER BY version DESC LIMIT 1");
  const auto error = error_of([&] { backup(source, {}, place.backup); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("schema version") != std::string::npos);
  CHECK(verify_backup({}, place.backup).checksum == checksum);
}

TEST_CASE("a backup through a link into the artifact directory is refused") {
  const Place place;
  Backend<Sqlite> source(place.config());
  source.migrate();
  fill(source, alice);
  fs::create_directory_symlink(place.artifacts, place.root.path() / "link");
  CHECK(code_of([&] { backup(source, {}, place.root.path() / "link/backup"); }) == ErrorCode::invalid_argument);
  CHECK(files_below(place.artifacts, "backup").empty());
}

TEST_CASE("a database with migrations that Heddle does not know is refused before anything is copied") {
  const Place place;
  sqlite::Config config = place.config();
  config.migration_directory = place.root.path() / "migrations";
  concurrency::write_migrations(config.migration_directory, 1);
  Backend<Sqlite> source(config);
  source.migrate();
  // No program could restore it.
  CHECK(code_of([&] { backup(source, {}, place.backup); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { verify_backup({}, place.backup); }) != ErrorCode::data_loss);
}
