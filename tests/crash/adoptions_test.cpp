#include "heddle/adoption.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>

/// A process is killed while it adopts a loom.db; the adoption goes on, and nothing is lost or stored twice.
namespace {

using heddle::Backend;
using heddle::Sqlite;
using support::ChildProcess;
using support::Parent;

const heddle::Context tenant = heddle::Context::for_user("default-user");

std::string digest_of(Backend<Sqlite>& backend) {
  return heddle::export_user(backend, tenant, [](std::string_view) {}).records_checksum;
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Makes a loom.db of version 1.2.0 with 50 sessions of 100 messages, and artifacts with files.
void make_loom(const std::filesystem::path& folder) {
  support::RawDatabase loom((folder / "loom.db").string());
  loom.execute(contents_of(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_2_0.sql"));
  loom.execute(
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO sessions (id, "
      "created_at, updated_at) SELECT 'session ' || i, 1760000000, 1760000000 FROM n;"
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO messages "
      "(session_id, role, content, timestamp) SELECT 'session ' || (1 + i % 50), 'user', 'message ' || i, 1760000000 + "
      "i / "
      "200 FROM n;"
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO artifacts (id, "
      "name, "
      "path, source, content_type, size_bytes, checksum, created_at, updated_at) SELECT 'artifact ' || i, 'file' || i, "
      "'user/' || i, 'user', 'text/plain', 0, '', 1760000000, 1760000000 FROM n");
  std::filesystem::create_directories(folder / "artifacts" / "user");
  for (int number = 1; number <= 20; ++number) {
    std::ofstream(folder / "artifacts" / "user" / std::to_string(number)) << std::string(30'000, 'x') << number;
  }
}

}  // namespace

TEST_CASE("child: adopt until killed" * doctest::skip()) {
  Backend<Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  heddle::AdoptionOptions options;
  options.temporary_directory = Parent::setting("HEDDLE_TEST_TEMPORARY");
  Parent::tell("b");
  heddle::adopt_loom_file(backend, {}, Parent::setting("HEDDLE_TEST_SOURCE"), options);
  Parent::tell("done");
}

TEST_CASE("an adoption that is killed goes on, and nothing is lost or stored twice") {
  const support::TemporaryFolder folder;
  make_loom(folder.path());
  const std::filesystem::path source = folder.path() / "loom.db";
  const std::filesystem::path path = folder.path() / "target.db";
  const std::filesystem::path temporary = folder.path() / "temporary";
  std::filesystem::create_directory(temporary);
  const std::string bytes = contents_of(source);
  const std::map<std::string, std::string> child_settings{{"HEDDLE_TEST_SOURCE", source.string()},
                                                          {"HEDDLE_TEST_TEMPORARY", temporary.string()},
                                                          {"HEDDLE_TEST_PATH", path.string()}};
  const auto begin_anew = [&path] {
    for (const char* suffix : {"", "-wal", "-shm"}) { std::filesystem::remove(path.string() + suffix); }
    Backend<Sqlite>({.path = path.string()}).migrate();
  };
  begin_anew();
  const auto whole = [&] {
    const ChildProcess child("child: adopt until killed", child_settings);
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }();
  const std::string digest = [&path] {
    Backend<Sqlite> backend({.path = path.string()});
    return digest_of(backend);
  }();
  std::mt19937 random(std::random_device{}());
  std::map<std::string, int> ends;
  const std::int64_t kills = support::size_of_run(10, 200);
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    begin_anew();
    {
      ChildProcess child("child: adopt until killed", child_settings);
      child.wait_for_sign();
      std::this_thread::sleep_for(
          std::chrono::microseconds(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
      child.kill();
      child.wait();
    }
    Backend<Sqlite> backend({.path = path.string()});
    const bool is_shown = !backend.session_storage().list_sessions(tenant).items.empty();
    const heddle::AdoptionReport report = heddle::adopt_loom_file(backend, {}, source);
    ++ends[is_shown ? "whole" : "went on"];
    CHECK(report.tenants_before == (is_shown ? 1 : 0));
    CHECK(report.counts.at("message") == 5014);
    CHECK(digest_of(backend) == digest);
    CHECK(!heddle::abort_import(backend, tenant));
    CHECK(contents_of(source) == bytes);
    CHECK(std::filesystem::is_empty(temporary));
  }
  for (const auto& [end, times] : ends) { MESSAGE(end << ": " << times); }
}
