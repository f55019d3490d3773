#include "concurrency/migration_folder.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/crew.hpp"
#include "support/ledger.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// Several processes on one file. Child processes run the skipped test cases.
namespace {

using support::ChildProcess;
using support::Parent;
using support::saying;
using support::turn_named;

constexpr int processes = 4;
constexpr int threads = 4;
constexpr int rounds = 25;
constexpr int fresh_files = 100;
/// How long a write waits for the other processes, on a busy machine too.
constexpr std::chrono::minutes patience{2};

}  // namespace

TEST_CASE("child: save to a shared file" * doctest::skip()) {
  const int process = Parent::number("HEDDLE_TEST_PROCESS");
  heddle::Backend<heddle::Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH"), .busy_timeout = patience});
  auto& store = backend.session_storage();
  Parent::tell("r");
  Parent::wait_at_gate();
  support::together(threads, [&](int thread) {
    const auto tell = [&](const std::string& kind, std::int64_t sequence, const std::string& name) {
      Parent::tell(kind + " " + std::to_string(sequence) + " " + name + "\n");
    };
    for (int round = 0; round < rounds; ++round) {
      const std::string name = std::to_string(process) + "." + std::to_string(thread) + "." + std::to_string(round);
      tell("message", store.save_message({}, "shared", saying(name)), name);
      tell("turn", store.save_turn({}, "shared", turn_named(name)).first, name);
      // The same keys in every process, with the same content.
      const std::string key = std::to_string(thread) + "." + std::to_string(round);
      tell("once", store.save_message({}, "shared", saying("once " + key), {.idempotency_key = key}), key);
      const std::string fault = support::fault_in(store.load_messages({}, "shared").items);
      if (!fault.empty()) { tell("fault", round, fault); }
    }
  });
}

TEST_CASE("4 processes with 4 threads each lose nothing, store nothing twice and read only whole turns") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite> backend({.path = path});
  backend.migrate();
  heddle::Session session;
  session.id = "shared";
  backend.session_storage().save_session({}, session);

  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int process = 0; process < processes; ++process) {
    children.push_back(std::make_unique<ChildProcess>(
        "child: save to a shared file",
        std::map<std::string, std::string>{{"HEDDLE_TEST_PATH", path},
                                           {"HEDDLE_TEST_PROCESS", std::to_string(process)}}));
  }
  for (const auto& child : children) { child->wait_for_sign(); }
  for (const auto& child : children) { child->open_gate(); }

  support::Ledger ledger;
  std::map<std::string, std::set<std::int64_t>> once;
  std::size_t answers = 0;
  for (const auto& child : children) {
    std::istringstream report(child->read_to_end());
    CHECK(child->wait());
    std::string kind;
    std::int64_t sequence = 0;
    std::string name;
    while (report >> kind >> sequence && std::getline(report >> std::ws, name)) {
      ++answers;
      if (kind == "message") { ledger.add("shared", sequence, name); }
      if (kind == "turn") { ledger.add_turn("shared", {sequence, sequence + support::turn_size - 1}, name); }
      if (kind == "once") { once[name].insert(sequence); }
      if (kind == "fault") { FAIL_CHECK(name); }
    }
  }
  CHECK(answers == std::size_t{3} * processes * threads * rounds);
  CHECK(once.size() == std::size_t{threads} * rounds);
  for (const auto& [key, sequences] : once) {
    CHECK(sequences.size() == 1);
    ledger.add("shared", *sequences.begin(), "once " + key);
  }
  ledger.check(backend);
  CHECK(concurrency::RawConnection(path).damage() == "");
}

TEST_CASE("child: open fresh files" * doctest::skip()) {
  const std::filesystem::path folder = Parent::setting("HEDDLE_TEST_PATH");
  Parent::tell("r");
  Parent::wait_at_gate();
  // All children use the same clock, so that they open the same file at the same moment.
  const auto tick = std::chrono::milliseconds(25);
  const auto start = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() + tick);
  for (int file = 0; file < fresh_files; ++file) {
    std::this_thread::sleep_until(start + file * tick);
    try {
      heddle::Backend<heddle::Sqlite> backend({.path = (folder / (std::to_string(file) + ".db")).string(),
                                               .busy_timeout = patience,
                                               .migration_directory = folder / "migrations"});
      backend.migrate();
      Parent::tell(std::to_string(backend.details().migration_version) + "\n");
    } catch (const heddle::Error& error) { Parent::tell(std::string(error.what()) + "\n"); }
  }
}

TEST_CASE("8 processes open and migrate a new file at once: every step runs once, none fails") {
  constexpr int openers = 8;
  constexpr int steps = 4;
  const support::TemporaryFolder folder;
  concurrency::write_migrations(folder.path() / "migrations", steps);
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int opener = 0; opener < openers; ++opener) {
    children.push_back(std::make_unique<ChildProcess>(
        "child: open fresh files", std::map<std::string, std::string>{{"HEDDLE_TEST_PATH", folder.path().string()}}));
  }
  for (const auto& child : children) { child->wait_for_sign(); }
  for (const auto& child : children) { child->open_gate(); }

  constexpr int latest = concurrency::own_migrations + steps;
  std::map<std::string, int> answers;
  for (const auto& child : children) {
    std::istringstream report(child->read_to_end());
    for (std::string answer; std::getline(report, answer);) { ++answers[answer]; }
    CHECK(child->wait());
  }
  CHECK(answers[std::to_string(latest)] == openers * fresh_files);
  for (const auto& [answer, times] : answers) {
    if (answer != std::to_string(latest)) { FAIL_CHECK(times << " times: " << answer); }
  }

  std::string versions = "1";
  for (int version = 2; version <= latest; ++version) { versions += "," + std::to_string(version); }
  for (int file = 0; file < fresh_files; ++file) {
    CAPTURE(file);
    concurrency::RawConnection raw(folder.path() / (std::to_string(file) + ".db"));
    CHECK(raw.run("SELECT group_concat(version) FROM (SELECT version FROM heddle_migrations ORDER BY version)") ==
          versions);
    CHECK(raw.run("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'step_%'") ==
          std::to_string(steps));
    CHECK(raw.run("PRAGMA journal_mode") == "wal");
    CHECK(raw.damage() == "");
  }
}

TEST_CASE("8 threads that open a file with another journal mode at once do not keep each other from it") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  for (int round = 0; round < 10; ++round) {
    const bool wal = round % 2 == 0;
    CAPTURE(wal);
    support::together(8, [&](int) {
      heddle::Backend<heddle::Sqlite> backend({.path = path, .wal = wal, .busy_timeout = patience});
      backend.ping();
    });
  }
}
