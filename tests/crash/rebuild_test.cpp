#include "concurrency/raw_connection.hpp"
#include "heddle/core.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/index_damage.hpp"
#include "support/long_run.hpp"
#include "support/second_analysis.hpp"
#include "support/seed.hpp"
#include "support/stopwatch.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

/// A process of a later version makes the full-text index anew and is killed at random moments, while a process of the
/// former version saves. Set HEDDLE_TEST_SEED to repeat a run as far as timing allows.
namespace {

using namespace heddle;
using support::ChildProcess;
using support::Parent;
using support::SecondAnalysis;
using namespace std::chrono_literals;

constexpr int messages = 3000;
constexpr auto* later = "child: a later version works until killed";
constexpr auto* former = "child: the former version works until killed";

/// Saves, redacts and deletes, and tells when it has begun.
void work_until_killed(const std::string& name) {
  Backend<Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  auto& store = backend.session_storage();
  const int round = Parent::number("HEDDLE_TEST_ROUND");
  Parent::tell("b");
  for (int number = 0;; ++number) {
    const std::string session = name + std::to_string(round) + "." + std::to_string(number);
    store.save_session({}, {.id = session});
    for (int each = 0; each < 3; ++each) { store.save_message({}, session, {.content = "decided in " + session}); }
    store.save_message({}, "first", {.content = "a decision of " + session});
    if (number % 3 == 0) { store.delete_session({}, session); }
    const std::int64_t redacted = round * 40 + number % 40 + 1;
    store.redact_messages({}, number % 2 == 0 ? "first" : "last", {redacted, redacted}, "asked for");
    // Where a save takes microseconds the checks would read messages for minutes.
    std::this_thread::sleep_for(2ms);
  }
}

std::map<std::string, std::string> settings(const std::string& path, int round) {
  return {{"HEDDLE_TEST_PATH", path}, {"HEDDLE_TEST_ROUND", std::to_string(round)}};
}

/// The contents of all messages that are searched.
std::multiset<std::string> stored(const std::string& path) {
  concurrency::RawConnection raw(path);
  std::multiset<std::string> texts;
  const std::string all = raw.run(
      "SELECT group_concat(content, char(10)) FROM messages WHERE content LIKE '%decided%' OR content LIKE "
      "'%decision%'");
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    texts.insert(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return texts;
}

template <class B>
std::multiset<std::string> found(B& backend) {
  std::multiset<std::string> texts;
  PageRequest page{.limit = 1000};
  for (;;) {
    const auto hits = backend.session_storage().search_messages(
        {}, {.query = "decided decision", .match = WordMatch::any, .order = SearchOrder::newest}, page);
    for (const auto& hit : hits.items) { texts.insert(hit.content); }
    if (hits.next.empty()) { return texts; }
    page.cursor = hits.next;
  }
}

}  // namespace

TEST_CASE("child: a later version works until killed" * doctest::skip()) {
  const SecondAnalysis second;
  work_until_killed("later");
}

TEST_CASE("child: the former version works until killed" * doctest::skip()) { work_until_killed("former"); }

TEST_CASE("an index that is made anew is whole, however often the process is killed that makes it") {
  const auto files = support::size_of_run(3, 60);
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  int kills_under_way = 0;
  for (std::int64_t file = 0; file < files; ++file) {
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "heddle.db").string();
    {
      Backend<Sqlite> backend({.path = path});
      backend.migrate();
      for (const char* const session : {"first", "last"}) {
        std::vector<Message> texts;
        for (int number = 0; number < messages / 2; ++number) {
          texts.push_back({.content = (number % 2 == 0 ? "decided " : "a decision ") + std::to_string(number)});
        }
        backend.session_storage().save_session({}, {.id = session});
        backend.session_storage().save_messages({}, session, texts);
      }
      CHECK(found(backend).size() == messages);
      while (backend.details().owed->unindexed_messages > 0) { std::this_thread::sleep_for(1ms); }
    }
    concurrency::RawConnection raw(path);
    bool is_made = false;
    for (int round = 0; round < 30 && !is_made; ++round) {
      CAPTURE(round);
      ChildProcess older(former, settings(path, round));
      older.wait_for_sign();
      ChildProcess newer(later, settings(path, round));
      newer.wait_for_sign();
      // The later ones wait longer, so that the index is begun on a slow machine, too.
      std::this_thread::sleep_for(
          std::chrono::microseconds(random() % (150'000U * static_cast<unsigned>(1 + round / 5))));
      newer.kill();
      older.kill();
      newer.wait();
      older.wait();
      CHECK(support::damage_of_indexes(path) == "");
      is_made = raw.run("SELECT analysis FROM search_state") == "2";
      if (raw.run("SELECT count(*) FROM search_rebuild") == "1") { ++kills_under_way; }
      // The former version finds the words that it made, and what waits.
      Backend<Sqlite> backend({.path = path});
      if (!is_made) { CHECK(found(backend) == stored(path)); }
    }
    const SecondAnalysis second;
    Backend<Sqlite> backend({.path = path});
    backend.reindex({});
    CHECK(found(backend) == stored(path));
    CHECK(backend.session_storage().search_messages({}, {.query = "deciding"}).items.size() > 0);
    backend.scrub();
    CHECK(found(backend) == stored(path));
    backend.close();
    CHECK(support::damage_of_indexes(path) == "");
  }
  MESSAGE("killed " << kills_under_way << " times while the index was made");
  CHECK(kills_under_way > 0);
}
