#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/second_analysis.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace heddle;
using support::code_of;

namespace {

const Context alice = Context::for_user("alice");

/// A folder with a database that has one message.
class Place {
 public:
  explicit Place(bool wal = true) {
    sqlite::Config config{.path = file()};
    config.wal = wal;
    Backend<Sqlite> writer(config);
    writer.migrate();
    writer.session_storage().ensure_session(alice, {.id = "s", .agent_id = "a"});
    writer.session_storage().save_message(alice, "s", {.content = "first words"});
    static_cast<void>(writer.session_storage().search_messages(alice, {.query = "first"}));
  }

  [[nodiscard]] std::string file() const { return (folder_.path() / "a.db").string(); }
  [[nodiscard]] sqlite::Config reading(bool immutable = false) const {
    return {.path = file(), .read_only = true, .immutable = immutable};
  }
  /// Returns the bytes of a file of the folder. Precondition: no backend has it open.
  [[nodiscard]] std::string bytes(const std::string& name = "a.db") const {
    std::ifstream stream(folder_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  /// Returns the names of all files, sorted.
  [[nodiscard]] std::string names() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path())) {
      found.push_back(each.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    std::string all;
    for (const auto& name : found) { all += (all.empty() ? "" : " ") + name; }
    return all;
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  support::TemporaryFolder folder_;
};

std::size_t messages(Backend<Sqlite>& backend) {
  return backend.session_storage().load_messages(alice, "s").items.size();
}

}  // namespace

TEST_CASE("reading only does not change the file, and leaves an empty log where there was none") {
  const Place place;
  REQUIRE(place.names() == "a.db");
  const std::string before = place.bytes();
  const auto time = std::filesystem::last_write_time(place.file());
  {
    Backend<Sqlite> reader(place.reading());
    CHECK(messages(reader) == 1);
    CHECK(reader.session_storage().search_messages(alice, {.query = "words"}).items.size() == 1);
  }
  CHECK(place.bytes() == before);
  CHECK(std::filesystem::last_write_time(place.file()) == time);
  CHECK(place.names() == "a.db a.db-shm a.db-wal");
  CHECK(place.bytes("a.db-wal").empty());
}

TEST_CASE("reading only makes no files beside a database with a rollback journal") {
  const Place place(false);
  const std::string before = place.bytes();
  {
    Backend<Sqlite> reader(place.reading());
    CHECK(messages(reader) == 1);
    CHECK(place.names() == "a.db");
  }
  CHECK(place.bytes() == before);
  CHECK(place.names() == "a.db");
}

TEST_CASE("an immutable database is read without any file beside it") {
  const Place place;
  const std::string before = place.bytes();
  {
    Backend<Sqlite> reader(place.reading(true));
    CHECK(messages(reader) == 1);
    CHECK(reader.session_storage().search_messages(alice, {.query = "words"}).items.size() == 1);
    CHECK(reader.details().migration_version > 0);
    CHECK(place.names() == "a.db");
  }
  CHECK(place.bytes() == before);
  CHECK(place.names() == "a.db");
}

TEST_CASE("a log that would not be read is refused") {
  const Place place;
  Backend<Sqlite> writer({.path = place.file()});
  writer.session_storage().save_message(alice, "s", {.content = "in the log"});
  const Error error = support::error_of([&] { Backend<Sqlite> reader(place.reading(true)); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("immutable") != std::string::npos);
  Backend<Sqlite> reader(place.reading());
  CHECK(messages(reader) == 2);
}

TEST_CASE("reading only reads the log of a killed writer, and leaves it as it is") {
  const Place place;
  const Place copy;
  {
    Backend<Sqlite> writer({.path = place.file()});
    writer.session_storage().save_message(alice, "s", {.content = "in the log"});
    // By SQLite's own means nothing is left of the log; the files as they are now are those after a kill.
    support::RawDatabase raw(place.file());
    CHECK(raw.integer("SELECT count(*) FROM messages") == 2);
    std::filesystem::create_directory(copy.folder() / "killed");
    const std::string command =
        "cp '" + place.file() + "' '" + place.file() + "-wal' '" + (copy.folder() / "killed").string() + "'";
    REQUIRE(std::system(command.c_str()) == 0);  // in a process of its own: reading them here would drop the locks
  }
  const std::filesystem::path killed = copy.folder() / "killed" / "a.db";
  const auto size = [&](const char* end) { return std::filesystem::file_size(killed.string() + end); };
  const auto log = size("-wal");
  REQUIRE(log > 0);
  Backend<Sqlite> reader({.path = killed.string(), .read_only = true});
  CHECK(messages(reader) == 2);
  reader.close();
  CHECK(size("-wal") == log);
}

TEST_CASE("what cannot be read is refused with what to do") {
  const Place place;
  CHECK(code_of([&] { Backend<Sqlite> none({.path = (place.folder() / "b.db").string(), .read_only = true}); }) ==
        ErrorCode::not_found);
  CHECK(place.names() == "a.db");
  CHECK(code_of([] { Backend<Sqlite> none({.path = ":memory:", .read_only = true}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { Backend<Sqlite> none({.path = place.file(), .immutable = true}); }) ==
        ErrorCode::invalid_argument);

  // No log can be made.
  std::filesystem::create_directory(place.file() + "-wal");
  const Error error = support::error_of([&] { Backend<Sqlite> reader(place.reading()); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("`immutable`") != std::string::npos);
  Backend<Sqlite> reader(place.reading(true));
  CHECK(messages(reader) == 1);
}

TEST_CASE("reading only finds messages that wait for the index, and leaves them there") {
  const Place place;
  support::RawDatabase raw(place.file());
  raw.execute("INSERT INTO message_words (message_words) VALUES ('delete-all')");
  raw.execute("DELETE FROM search_queue; INSERT INTO search_queue SELECT 'alice', key FROM messages");
  REQUIRE(raw.integer("SELECT count(*) FROM search_queue") == 1);
  Backend<Sqlite> reader(place.reading());
  CHECK(reader.session_storage().search_messages(alice, {.query = "words"}).items.size() == 1);
  CHECK(reader.details().owed->unindexed_messages == 1);
  reader.close();
  CHECK(raw.integer("SELECT count(*) FROM search_queue") == 1);
}

TEST_CASE("reading only answers by an index of an earlier analysis, and leaves that of a later one alone") {
  std::optional<support::SecondAnalysis> later(std::in_place);
  const Place of_later;
  later.reset();
  const Place of_earlier;
  const auto search = [](const Place& place) {
    const std::string before = place.bytes();
    std::size_t found = 0;
    {
      Backend<Sqlite> reader(place.reading());
      found = reader.session_storage().search_messages(alice, {.query = "words"}).items.size();
    }
    CHECK(place.bytes() == before);
    return found;
  };
  // Its words are others.
  CHECK(search(of_later) == 0);
  later.emplace();
  CHECK(search(of_earlier) == 1);
  CHECK(search(of_later) == 1);
}
