#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

/// The files of a database: that they stay in place, their names, their mode.
using namespace heddle;
using support::code_of;
using support::RawDatabase;

namespace {

struct Files {
  support::TemporaryFolder folder;
  std::filesystem::path database = folder.path() / "heddle.db";

  [[nodiscard]] std::filesystem::path beside(const std::string& name) const { return folder.path() / name; }
  [[nodiscard]] std::filesystem::path with(const std::string& suffix) const { return database.string() + suffix; }
};

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

/// Sets the mask of new files for the time of a scope.
class Mask {
 public:
  explicit Mask(mode_t mask) : before_(::umask(mask)) {}
  Mask(const Mask&) = delete;
  Mask& operator=(const Mask&) = delete;
  Mask(Mask&&) = delete;
  Mask& operator=(Mask&&) = delete;
  ~Mask() { ::umask(before_); }

 private:
  mode_t before_;
};

/// Makes a database with a session and a message, then calls `replace`: from then on nothing may be acknowledged.
void expect_refusals(bool wal, const std::function<void(const Files&)>& replace) {
  CAPTURE(wal);
  const Files files;
  Backend<Sqlite> backend({.path = files.database.string(), .wal = wal});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "s"});
  store.save_message({}, "s", {.content = "first"});
  backend.back_up({}, files.beside("backup.db"));
  replace(files);
  for (int times = 0; times < 3; ++times) {
    const Error error = support::error_of([&] { store.save_message({}, "s", {.content = "lost"}); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK_FALSE(error.in_doubt());
    CHECK(std::string(error.what()).find("removed or replaced") != std::string::npos);
    CHECK(std::string(error.what()).find(files.database.string()) != std::string::npos);
  }
  CHECK(code_of([&] { static_cast<void>(store.load_messages({}, "s")); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { backend.ping(); }) == ErrorCode::failed_precondition);
}

}  // namespace

TEST_CASE("nothing is acknowledged after the database file was removed or replaced") {
  for (const bool wal : {true, false}) {
    expect_refusals(wal, [](const Files& files) { std::filesystem::remove(files.database); });
    expect_refusals(wal, [](const Files& files) { std::filesystem::rename(files.database, files.beside("moved")); });
    expect_refusals(wal,
                    [](const Files& files) { std::filesystem::rename(files.beside("backup.db"), files.database); });
    expect_refusals(wal, [](const Files& files) {
      std::filesystem::remove(files.database);
      std::filesystem::copy_file(files.beside("backup.db"), files.database);
    });
  }
}

TEST_CASE("nothing is acknowledged after the log or its index was removed") {
  expect_refusals(true, [](const Files& files) { std::filesystem::remove(files.with("-wal")); });
  expect_refusals(true, [](const Files& files) { std::filesystem::remove(files.with("-shm")); });
}

TEST_CASE("a database file that is put back can be used again, and the one that replaced it is not changed") {
  for (const bool wal : {true, false}) {
    CAPTURE(wal);
    const Files files;
    Backend<Sqlite> backend({.path = files.database.string(), .wal = wal});
    backend.migrate();
    auto& store = backend.session_storage();
    store.save_session({}, {.id = "s"});
    backend.back_up({}, files.beside("backup.db"));
    const std::string backup = bytes_of(files.beside("backup.db"));
    std::filesystem::rename(files.database, files.beside("moved"));
    std::filesystem::rename(files.beside("backup.db"), files.database);
    CHECK(code_of([&] { store.save_message({}, "s", {.content = "lost"}); }) == ErrorCode::failed_precondition);
    CHECK(bytes_of(files.database) == backup);
    std::filesystem::rename(files.beside("moved"), files.database);
    CHECK(store.save_message({}, "s", {.content = "kept"}) == 1);
    CHECK(store.load_messages({}, "s").items.size() == 1);
  }
}

TEST_CASE("a database file with two names is refused") {
  const Files files;
  { Backend<Sqlite>({.path = files.database.string()}).migrate(); }
  std::filesystem::create_hard_link(files.database, files.beside("b.db"));
  for (const char* const name : {"heddle.db", "b.db"}) {
    const std::string path = files.beside(name).string();
    const Error error = support::error_of([&] { const Backend<Sqlite> backend({.path = path}); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find(path) != std::string::npos);
  }
  std::filesystem::remove(files.beside("b.db"));
  Backend<Sqlite>({.path = files.database.string()}).ping();
}

TEST_CASE("a database through a symbolic link is the one with the file's own name, with its artifacts") {
  const Files files;
  std::filesystem::create_symlink(files.database, files.beside("link.db"));
  Backend<Sqlite> direct({.path = files.database.string()});
  direct.migrate();
  Backend<Sqlite> linked({.path = files.beside("link.db").string()});
  linked.session_storage().save_session({}, {.id = "s"});
  for (int number = 1; number <= 8; ++number) {
    CHECK(direct.session_storage().save_message({}, "s", {.content = "x"}) == 2 * number - 1);
    CHECK(linked.session_storage().save_message({}, "s", {.content = "y"}) == 2 * number);
  }
  CHECK(direct.artifact_store().folder({}, ArtifactFolder::temp) ==
        linked.artifact_store().folder({}, ArtifactFolder::temp));
  CHECK_FALSE(std::filesystem::exists(files.beside("link.db-wal")));
}

TEST_CASE("a new database, its other files and its backups are for their owner only, whatever the mask") {
  for (const mode_t mask : {0022U, 0000U, 0077U}) {
    const Mask masked(mask);
    for (const bool wal : {true, false}) {
      CAPTURE(wal);
      const Files files;
      Backend<Sqlite> backend({.path = files.database.string(), .wal = wal});
      backend.migrate();
      backend.session_storage().save_session({}, {.id = "s"});
      backend.back_up({}, files.beside("backup.db"));
      for (const auto& entry : std::filesystem::directory_iterator(files.folder.path())) {
        CAPTURE(entry.path().string());
        CHECK(mode_of(entry.path()) == 0600);
      }
      CHECK(::umask(mask) == mask);
    }
    const Files files;
    std::filesystem::create_symlink(files.database, files.beside("link.db"));
    Backend<Sqlite> backend({.path = files.beside("link.db").string()});
    backend.migrate();
    for (const char* const suffix : {"", "-wal", "-shm"}) { CHECK(mode_of(files.with(suffix)) == 0600); }
  }
}

TEST_CASE("a file that exists keeps its mode, and the log has the same") {
  const Files files;
  std::ofstream(files.database).close();
  REQUIRE(::chmod(files.database.c_str(), 0640) == 0);
  Backend<Sqlite> backend({.path = files.database.string()});
  backend.migrate();
  CHECK(mode_of(files.database) == 0640);
  CHECK(mode_of(files.with("-wal")) == 0640);
}
