#include "heddle/adoption.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"
#include "support/seed.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
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
#include <vector>

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
  // At the latest behind the batch that the parent has chosen, from 1.
  int batches = Parent::number("HEDDLE_TEST_BATCHES");
  heddle::AdoptionOptions options;
  options.temporary_directory = Parent::setting("HEDDLE_TEST_TEMPORARY");
  options.on_progress = [&](const heddle::AdoptionProgress& /*progress*/) {
    if (--batches == 0) { Parent::die(); }
  };
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
  const auto settings_for = [&](std::size_t batch) {
    return std::map<std::string, std::string>{{"HEDDLE_TEST_SOURCE", source.string()},
                                              {"HEDDLE_TEST_TEMPORARY", temporary.string()},
                                              {"HEDDLE_TEST_PATH", path.string()},
                                              {"HEDDLE_TEST_BATCHES", std::to_string(batch)}};
  };
  const auto begin_anew = [&path] {
    for (const char* suffix : {"", "-wal", "-shm"}) { std::filesystem::remove(path.string() + suffix); }
    Backend<Sqlite>({.path = path.string()}).migrate();
  };
  begin_anew();
  const auto whole = [&] {
    const ChildProcess child("child: adopt until killed", settings_for(0));
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }();
  const std::string digest = [&path] {
    Backend<Sqlite> backend({.path = path.string()});
    return digest_of(backend);
  }();
  // How many records are stored behind each batch of an adoption from its begin to its end.
  std::vector<std::int64_t> stored;
  heddle::AdoptionOptions noting;
  noting.on_progress = [&](const heddle::AdoptionProgress& progress) { stored.push_back(progress.stored); };
  begin_anew();
  {
    Backend<Sqlite> backend({.path = path.string()});
    heddle::adopt_loom_file(backend, {}, source, noting);
  }
  const std::vector<std::int64_t> batches = stored;
  REQUIRE(batches.size() > 8);
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  std::map<std::string, int> ends;
  const std::int64_t kills = support::size_of_run(10, 200);
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    // The first ones behind a batch each, which leave half an adoption: the first, the last, and some between them. The
    // others at random moments.
    constexpr std::size_t behind_batches = 4;
    const auto kill = static_cast<std::size_t>(round);
    const std::size_t batch = kill < behind_batches ? 1 + kill * (batches.size() - 1) / (behind_batches - 1) : 0;
    begin_anew();
    {
      ChildProcess child("child: adopt until killed", settings_for(batch));
      child.wait_for_sign();
      if (batch == 0) {
        std::this_thread::sleep_for(
            std::chrono::microseconds(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
        child.kill();
      }
      CHECK((child.wait_for_kill() || batch == 0));
    }
    Backend<Sqlite> backend({.path = path.string()});
    const bool is_shown = !backend.session_storage().list_sessions(tenant).items.empty();
    stored.clear();
    const heddle::AdoptionReport report = heddle::adopt_loom_file(backend, {}, source, noting);
    // It went on behind the last batch that the killed process has stored.
    const auto length = static_cast<std::ptrdiff_t>(stored.size());
    CHECK(
        std::equal(stored.begin(), stored.end(), batches.end() - std::min(length, std::ssize(batches)), batches.end()));
    if (batch != 0) { CHECK(stored.size() == batches.size() - batch); }
    ++ends[is_shown ? "whole" : stored.size() == batches.size() ? "begun anew" : "went on"];
    CHECK(report.tenants_before == (is_shown ? 1 : 0));
    CHECK(report.counts.at("message") == 5014);
    CHECK(digest_of(backend) == digest);
    CHECK(!heddle::abort_import(backend, tenant));
    CHECK(contents_of(source) == bytes);
    CHECK(std::filesystem::is_empty(temporary));
  }
  CHECK(ends["went on"] >= 4);
  for (const auto& [end, times] : ends) { MESSAGE(end << ": " << times); }
}
