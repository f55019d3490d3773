#include "concurrency/file_backend.hpp"
#include "concurrency/migration_folder.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/crew.hpp"
#include "support/ledger.hpp"
#include "support/long_run.hpp"
#include "support/seed.hpp"
#include "support/stopwatch.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// A writing process is killed at random moments, many times; every save that had returned must be stored. Set
/// HEDDLE_TEST_SEED to repeat a run as far as timing allows.
namespace {

using concurrency::RawConnection;
using heddle::Message;
using support::ChildProcess;
using support::Parent;
using support::part_of_turn;
using support::saying;
using support::turn_named;
using namespace std::chrono_literals;

const int kills = static_cast<int>(support::size_of_run(40, 200));
constexpr int threads = 4;
constexpr int sessions = 2;

std::string session_id(int round, int thread) {
  return "round-" + std::to_string(round) + "-" + std::to_string(thread % sessions);
}

/// The n-th save of a thread of the process: a message or a turn, with a key or without.
struct Save {
  int round = 0;
  int thread = 0;
  int number = 0;

  [[nodiscard]] std::string name() const {
    return std::to_string(round) + "." + std::to_string(thread) + "." + std::to_string(number);
  }
  [[nodiscard]] bool is_turn() const noexcept { return number % 2 == 1; }
  [[nodiscard]] bool has_key() const noexcept { return number % 4 >= 2; }
  [[nodiscard]] std::string first_content() const { return is_turn() ? part_of_turn(name(), 1) : name(); }

  /// Returns the sequence number of its first message.
  template <class Store>
  [[nodiscard]] std::int64_t run(Store& store) const {
    heddle::AppendOptions options;
    if (has_key()) { options.idempotency_key = name(); }
    const std::string session = session_id(round, thread);
    return is_turn() ? store.save_turn({}, session, turn_named(name()), options).first
                     : store.save_message({}, session, saying(name()), options);
  }
};

/// The report of a killed process: for each thread the sequence numbers of its saves, in order.
struct Reported {
  int round = 0;
  std::vector<std::vector<std::int64_t>> firsts{std::vector<std::vector<std::int64_t>>(threads)};
};

constexpr auto* test_case = "child: save until killed";

std::map<std::string, std::string> settings(const std::string& path, int round) {
  return {{"HEDDLE_TEST_PATH", path}, {"HEDDLE_TEST_ROUND", std::to_string(round)}};
}

Reported run_and_kill(const std::string& path, int round, std::chrono::microseconds after) {
  ChildProcess child(test_case, settings(path, round));
  std::this_thread::sleep_for(after);
  child.kill();
  std::istringstream lines(child.read_to_end());
  REQUIRE(child.wait_for_kill());
  Reported reported{.round = round};
  std::size_t thread = 0;
  std::size_t number = 0;
  std::int64_t first = 0;
  while (lines >> thread >> number >> first) {
    auto& firsts = reported.firsts.at(thread);
    REQUIRE(number == firsts.size());
    firsts.push_back(first);
  }
  return reported;
}

/// Compares a round's sessions with the report. A save that was running when the process died is stored whole or not at
/// all; if it had a key it is repeated, and is stored once afterwards.
template <class Store>
void check_round(Store& store, const Reported& reported) {
  CAPTURE(reported.round);
  const auto load = [&] {
    std::map<std::string, std::vector<Message>> loaded;
    for (int session = 0; session < sessions; ++session) {
      const std::string id = session_id(reported.round, session);
      loaded[id] = store.load_messages({}, id).items;
      CHECK(support::fault_in_session(store, id) == "");
    }
    return loaded;
  };
  auto loaded = load();
  std::map<std::string, int> expected;
  for (int thread = 0; thread < threads; ++thread) {
    const auto& firsts = reported.firsts[static_cast<std::size_t>(thread)];
    Save save{reported.round, thread, 0};
    for (const std::int64_t first : firsts) {
      const auto& messages = loaded[session_id(save.round, thread)];
      CAPTURE(save.name());
      REQUIRE(first >= 1);
      REQUIRE(first <= std::int64_t(messages.size()));
      CHECK(messages[static_cast<std::size_t>(first) - 1].content == save.first_content());
      ++expected[save.first_content()];
      ++save.number;
    }
    if (save.has_key() && store.load_session({}, session_id(save.round, thread))) {
      static_cast<void>(save.run(store));
      ++expected[save.first_content()];
    } else {
      // Unknown, but no later save can have begun.
      expected.try_emplace(save.first_content(), -1);
    }
  }
  loaded = load();
  std::map<std::string, int> found;
  for (const auto& session : loaded) {
    for (const Message& message : session.second) {
      if (message.content.starts_with("turn ") && !message.content.ends_with(" 1")) { continue; }
      ++found[message.content];
    }
  }
  for (const auto& [content, times] : expected) {
    if (times >= 0 ? found[content] != times : found[content] > 1) {
      FAIL_CHECK("\"" << content << "\" is stored " << found[content] << " times");
    }
    found.erase(content);
  }
  for (const auto& [content, times] : found) { FAIL_CHECK("\"" << content << "\" was never begun"); }
}

}  // namespace

TEST_CASE("child: save until killed" * doctest::skip()) {
  const int round = Parent::number("HEDDLE_TEST_ROUND");
  heddle::Backend<heddle::Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  auto& store = backend.session_storage();
  for (int session = 0; session < sessions; ++session) {
    heddle::Session made;
    made.id = session_id(round, session);
    store.save_session({}, made);
  }
  support::together(threads, [&](int thread) {
    for (Save save{round, thread, 0};; ++save.number) {
      const std::int64_t first = save.run(store);
      Parent::tell(std::to_string(thread) + " " + std::to_string(save.number) + " " + std::to_string(first) + "\n");
    }
  });
}

TEST_CASE("a process that is killed again and again loses no save that had returned") {
  constexpr int kills_between_looks = 4;
  constexpr int kills_between_inspections = 20;
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite>({.path = path}).migrate();

  // On machines of any speed, kills occur during the start of a process as well as during its work.
  const support::Stopwatch start;
  ChildProcess(test_case, settings(path, kills)).wait_for_sign();
  const auto until_first_save = std::chrono::duration_cast<std::chrono::microseconds>(start.elapsed());
  auto longest = static_cast<std::uint32_t>((until_first_save + 40ms).count());
  constexpr std::uint32_t most = 2'000'000;  // us

  std::vector<Reported> all;
  std::size_t saves = 0;
  for (int round = 0; round < kills; ++round) {
    all.push_back(run_and_kill(path, round, std::chrono::microseconds(random() % longest)));
    for (const auto& each : all.back().firsts) { saves += each.size(); }
    // The machine has become slower: later kills give a process more time.
    if (saves <= all.size()) { longest = std::min(longest + longest / 8, most); }
    if ((round + 1) % kills_between_looks != 0) { continue; }
    {
      heddle::Backend<heddle::Sqlite> backend({.path = path});
      for (std::size_t look = all.size() - kills_between_looks; look < all.size(); ++look) {
        check_round(backend.session_storage(), all[look]);
      }
    }
    if ((round + 1) % kills_between_inspections == 0) { CHECK(RawConnection(path).damage() == ""); }
  }
  MESSAGE("killed " << kills << " times, " << saves << " saves were reported");
  CHECK(saves > all.size());
}

TEST_CASE("child: open and migrate" * doctest::skip()) {
  Parent::tell("r");
  heddle::Backend<heddle::Sqlite> backend(
      {.path = Parent::setting("HEDDLE_TEST_PATH"), .migration_directory = Parent::setting("HEDDLE_TEST_MIGRATIONS")});
  backend.migrate();
  Parent::tell("done");
}

TEST_CASE("a process that is killed while it creates and migrates a file leaves a complete version") {
  const std::int64_t files = support::size_of_run(24, 120);
  constexpr int steps = 5;
  constexpr int rows = 3000;
  constexpr int latest = concurrency::own_migrations + steps;
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  const support::TemporaryFolder folder;
  const std::string migrations = (folder.path() / "migrations").string();
  concurrency::write_migrations(migrations, steps, rows);
  const auto settings_of = [&](const std::string& path) {
    return std::map<std::string, std::string>{{"HEDDLE_TEST_PATH", path}, {"HEDDLE_TEST_MIGRATIONS", migrations}};
  };
  auto whole_run = [&] {
    const ChildProcess child("child: open and migrate", settings_of((folder.path() / "whole.db").string()));
    child.wait_for_sign();
    const support::Stopwatch watch;
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(watch.elapsed()) + 1ms;
  }();
  std::map<std::int32_t, int> left_at;
  for (std::int64_t file = 0; file < files; ++file) {
    CAPTURE(file);
    const std::string path = (folder.path() / (std::to_string(file) + ".db")).string();
    {
      ChildProcess child("child: open and migrate", settings_of(path));
      child.wait_for_sign();
      // Half of them at the very beginning, while the file is new.
      const auto longest = static_cast<std::uint32_t>(whole_run.count()) / (file % 2 == 0 ? 4 : 1);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % longest));
      child.kill();
      child.wait();
    }
    heddle::Backend<heddle::Sqlite> backend({.path = path, .migration_directory = migrations});
    const std::int32_t version = backend.migrator().current_version();
    ++left_at[version];
    // The machine has become slower: later kills give a process more time.
    if (left_at.size() == 1) { whole_run = std::min(whole_run + whole_run / 8, std::chrono::microseconds(10s)); }
    RawConnection raw(path);
    for (int step = concurrency::own_migrations + 1; step <= latest; ++step) {
      const std::string table = concurrency::table_of_step(step);
      const bool made = raw.run("SELECT count(*) FROM sqlite_schema WHERE name IN ('" + table + "', '" + table +
                                "_by_number')") == "2";
      CHECK(made == (step <= version));
      if (made) { CHECK(raw.run("SELECT count(*) FROM " + table) == std::to_string(rows)); }
    }
    backend.migrate();
    CHECK(backend.migrator().current_version() == latest);
    heddle::Session session;
    session.id = "session";
    backend.session_storage().save_session({}, session);
    CHECK(backend.session_storage().save_message({}, "session", saying("hello")) == 1);
    CHECK(raw.damage() == "");
  }
  for (const auto& [version, times] : left_at) { MESSAGE("left at version " << version << ": " << times); }
  CHECK(left_at.size() > 1);
}
