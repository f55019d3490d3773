#include "backups/place.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

/// Backups that were made to deceive: with digests that match, so that only what they ask for gives them away.
using namespace heddle;
using namespace backups;
using support::code_of;
namespace fs = std::filesystem;

namespace {

std::string sha256_of(std::string_view text) {
  return detail::crypto::sha256_hex(std::as_bytes(std::span(text.data(), text.size())));
}

void back_up_two(const Place& place) {
  Backend<Sqlite> source(place.config());
  source.migrate();
  source.artifact_store().put(alice, {.id = "a"}, "bytes of one");
  source.artifact_store().put(alice, {.id = "b"}, "bytes of two");
  backup(source, {}, place.backup);
}

fs::path description_of(const Place& place) { return place.backup / "heddle-backup.txt"; }
fs::path list_of(const Place& place) { return files_below(place.backup, "/files-").front(); }
fs::path database_of(const Place& place) { return files_below(place.backup, "/database-").front(); }

/// Gives a line of the description another value, and the description a digest that matches.
void set_line(const Place& place, std::string_view name, const std::string& value) {
  std::string text = read_file(description_of(place));
  const std::size_t start = text.find("\n" + std::string(name) + " ");
  REQUIRE(start != std::string::npos);
  const std::size_t at = start + name.size() + 2;
  text.replace(at, text.find('\n', at) - at, value);
  text.erase(text.find("sha256 ", text.find("\nreal_artifact_directory")));
  write_file(description_of(place), text + "sha256 " + sha256_of(text) + "\n");
}

/// Gives the list other lines, and the description the digest of them.
void set_list(const Place& place, const std::string& lines) {
  write_file(list_of(place), lines);
  set_line(place, "list_sha256", sha256_of(lines));
}

void check_refused(const Place& place, ErrorCode expected = ErrorCode::data_loss) {
  CHECK(code_of([&] { static_cast<void>(verify_backup({}, place.backup)); }) == expected);
  CHECK(code_of([&] { restore({}, place.backup, {.database = place.restored}); }) == expected);
  CHECK_FALSE(fs::exists(place.restored));
  CHECK_FALSE(fs::exists(place.restored.string() + "-artifacts"));
}

}  // namespace

TEST_CASE("names that would lead out of the artifact directory are refused") {
  const Place place;
  back_up_two(place);
  const std::string list = read_file(list_of(place));
  const std::string line = list.substr(0, list.find('\n'));
  const std::string start = line.substr(0, line.find(' ', 65) + 1);
  set_list(place, list);
  REQUIRE(verify_backup({}, place.backup).files == 2);
  for (const char* names : {"../evil", "alice/../../evil", "%2E%2E/%2E%2E/evil", "/etc/evil",
                            "alice%2F..%2F..%2Fevil/x", "alice//x", "alice/", "alice", "", "./x", "alice/.",
                            "alice/%00x", ".backup/lock", ".restoring-file/x", "alice/%2", "alice/%zz"}) {
    CAPTURE(names);
    set_list(place, list + start + names + "\n");
    check_refused(place);
    // Not only as one more than there are.
    set_list(place, start + names + "\n" + list.substr(list.find('\n') + 1));
    check_refused(place);
  }
  CHECK(files_below(place.root.path(), "evil").empty());
  set_list(place, list);
  CHECK(verify_backup({}, place.backup).files == 2);
}

TEST_CASE("lists that do not fit the database are refused") {
  const Place place;
  back_up_two(place);
  const std::string list = read_file(list_of(place));
  const std::size_t half = list.find('\n') + 1;
  for (const std::string& lines : {std::string(), list.substr(0, half), list.substr(half) + list.substr(0, half),
                                   list + list.substr(0, half), std::string("-") + list.substr(64)}) {
    set_list(place, lines);
    check_refused(place);
  }
  // The bytes of each under the name of the other.
  std::string swapped = list;
  swapped.replace(0, 64, list.substr(half, 64));
  swapped.replace(half, 64, list.substr(0, 64));
  set_list(place, swapped);
  check_refused(place);
}

TEST_CASE("a description whose id is a path, or whose numbers are none, is refused") {
  const Place place;
  back_up_two(place);
  const std::string good = read_file(description_of(place));
  for (const char* id : {"../../etc/passwd", "..%2F..%2Fetc", "", "0123", "ABCDEF0123456789", "0123456789abcdef0"}) {
    CAPTURE(id);
    set_line(place, "id", id);
    check_refused(place);
    write_file(description_of(place), good);
  }
  for (const char* number : {"-1", "1e9", "99999999999999999999", "", "0x10", " 5", "5 "}) {
    for (const char* name : {"time", "schema", "database_bytes", "files", "left_out"}) {
      CAPTURE(name);
      CAPTURE(number);
      set_line(place, name, number);
      check_refused(place);
      write_file(description_of(place), good);
    }
  }
  set_line(place, "schema", "2147483648");
  check_refused(place);
  write_file(description_of(place), std::string(std::size_t{1} << 20U, 'x'));
  check_refused(place);
  write_file(description_of(place), "heddle backup 1\n" + std::string(std::size_t{1} << 17U, 'x'));
  check_refused(place);
}

TEST_CASE("links in the folder are not followed") {
  const Place place;
  back_up_two(place);
  const fs::path outside = place.root.path() / "outside";
  for (const fs::path& file :
       {database_of(place), list_of(place), objects_of(place.backup).front(), place.backup / "objects"}) {
    CAPTURE(file.string());
    fs::rename(file, outside);
    fs::create_symlink(outside, file);
    check_refused(place);
    // A pipe would wait for its other end, and a folder is no file.
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    check_refused(place);
    fs::remove(file);
    fs::rename(outside, file);
  }
  fs::rename(description_of(place), outside);
  fs::create_symlink(outside, description_of(place));
  check_refused(place, ErrorCode::failed_precondition);
  {
    // A new backup replaces the link, and not what it leads to.
    const std::string text = read_file(outside);
    Backend<Sqlite> source(place.config());
    CHECK(backup(source, {}, place.backup).files == 2);
    CHECK(read_file(outside) == text);
    CHECK(verify_backup({}, place.backup).files == 2);
  }
  // The folder itself may be one: its path is trusted.
  fs::create_directory_symlink(place.backup, place.root.path() / "link");
  CHECK(verify_backup({}, place.root.path() / "link").files == 2);
}

TEST_CASE("objects that were exchanged with each other are refused") {
  const Place place;
  back_up_two(place);
  const auto objects = objects_of(place.backup);
  REQUIRE(objects.size() == 2);
  const std::string first = read_file(objects[0]);
  write_file(objects[0], read_file(objects[1]));
  write_file(objects[1], first);
  check_refused(place);
}

TEST_CASE("files that are not of a backup stay in its folder") {
  const Place place;
  back_up_two(place);
  for (const char* name : {"database-of-photos.db", "files-2024.zip", "files-0123456789abcdef", "notes.txt"}) {
    write_file(place.backup / name, "mine");
  }
  write_file(place.backup / "database-0123456789abcdef.db", "of a backup that was killed");
  Backend<Sqlite> source(place.config());
  backup(source, {}, place.backup);
  for (const char* name : {"database-of-photos.db", "files-2024.zip", "files-0123456789abcdef", "notes.txt"}) {
    CHECK(read_file(place.backup / name) == "mine");
  }
  CHECK_FALSE(fs::exists(place.backup / "database-0123456789abcdef.db"));
}
