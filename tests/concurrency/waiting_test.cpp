#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/stopwatch.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// Calls that must wait: for another process, for another thread, for SQLite itself. They end when they should.
namespace {

using namespace std::chrono_literals;
using concurrency::FileBackend;
using concurrency::RawConnection;
using heddle::Context;
using heddle::ErrorCode;
using support::saying;
using support::Stopwatch;
using support::turn_named;

/// A call that ignores its deadline does not return before ctest ends the test; no time is measured here.
void patient(heddle::sqlite::Config& config) { config.busy_timeout = 1h; }

/// A stop that is requested after a delay.
class StopAfter {
 public:
  explicit StopAfter(std::chrono::milliseconds delay)
      : thread_([this, delay] {
          std::this_thread::sleep_for(delay);
          source_.request_stop();
        }) {}
  [[nodiscard]] Context context() const { return Context{}.with_stop(source_.get_token()); }

 private:
  std::stop_source source_;
  std::jthread thread_;
};

/// Stores many messages with the same words, so that a search for them takes long.
void fill(FileBackend& file, int messages) {
  std::vector<heddle::Message> batch;
  for (int number = 0; number < messages; ++number) {
    batch.push_back(saying("common words in number " + std::to_string(number)));
  }
  file.store().save_messages({}, "session", batch);
}

/// A search that takes long: every term is scored in every message.
heddle::MessageSearch slow_search() {
  heddle::MessageSearch search;
  for (int term = 0; term < 60; ++term) { search.query += "common "; }
  return search;
}

}  // namespace

TEST_CASE("a save that waits for another process ends at its deadline and when a stop is requested") {
  FileBackend file(patient);
  RawConnection other(file.path());
  other.run("BEGIN IMMEDIATE");

  SUBCASE("deadline of a message") {
    const Stopwatch watch;
    CHECK(support::code_of([&] {
            file.store().save_message(Context{}.with_timeout(100ms), "session", saying("late"));
          }) == ErrorCode::deadline_exceeded);
    CHECK(watch.elapsed() >= 100ms);
  }
  SUBCASE("deadline of a turn with a key") {
    CHECK(support::code_of([&] {
            file.store().save_turn(Context{}.with_timeout(100ms), "session", turn_named("late"),
                                   {.idempotency_key = "late"});
          }) == ErrorCode::deadline_exceeded);
  }
  SUBCASE("a deadline in the past") {
    CHECK(support::code_of([&] {
            file.store().save_message(Context{}.with_timeout(-1ms), "session", saying("late"));
          }) == ErrorCode::deadline_exceeded);
  }
  SUBCASE("stop token") {
    const StopAfter stop(100ms);
    CHECK(support::code_of([&] { file.store().save_message(stop.context(), "session", saying("late")); }) ==
          ErrorCode::cancelled);
  }
  SUBCASE("a migration") {
    CHECK(support::code_of([&] { (*file).migrator().down(Context{}.with_timeout(100ms), 1); }) ==
          ErrorCode::deadline_exceeded);
  }

  other.run("ROLLBACK");
  CHECK(file.messages() == 0);
  CHECK((*file).migrator().current_version() == (*file).migrator().latest_version());
  CHECK(file.store().save_turn({}, "session", turn_named("late"), {.idempotency_key = "late"}).first == 1);
  CHECK(other.damage() == "");
}

TEST_CASE("without a deadline a save waits for another process for the configured time") {
  FileBackend file([](heddle::sqlite::Config& config) { config.busy_timeout = 200ms; });
  RawConnection other(file.path());
  other.run("BEGIN IMMEDIATE");
  const Stopwatch watch;
  const heddle::Error error = support::error_of([&] { file.store().save_message({}, "session", saying("late")); });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(error.retryable());
  CHECK_FALSE(error.in_doubt());
  CHECK(watch.elapsed() >= 200ms);
  CHECK(file.messages() == 0);
  other.run("ROLLBACK");
  CHECK(file.store().save_message({}, "session", saying("in time")) == 1);
}

TEST_CASE("readers do not wait for a writer of another process") {
  FileBackend file(patient);
  file.store().save_message({}, "session", saying("hello"));
  RawConnection other(file.path());
  other.run("BEGIN IMMEDIATE");
  const Context soon = Context{}.with_timeout(1min);
  CHECK(file.store().load_messages(soon, "session").items.size() == 1);
  CHECK(file.store().search_messages(soon, {.query = "hello"}).items.size() == 1);
  other.run("ROLLBACK");
}

TEST_CASE("a follower behind a blocked leader ends at its own deadline, and the leader continues") {
  FileBackend file(patient);
  RawConnection other(file.path());
  other.run("BEGIN IMMEDIATE");
  std::atomic<std::int64_t> answer{0};
  std::jthread leader([&] { answer = file.store().save_message({}, "session", saying("leader")); });
  std::this_thread::sleep_for(50ms);

  CHECK(support::code_of([&] {
          file.store().save_message(Context{}.with_timeout(50ms), "session", saying("follower"));
        }) == ErrorCode::deadline_exceeded);
  const StopAfter stop(50ms);
  CHECK(support::code_of([&] { file.store().save_message(stop.context(), "session", saying("follower")); }) ==
        ErrorCode::cancelled);
  CHECK(support::code_of([&] { (*file).migrator().down(Context{}.with_timeout(50ms), 0); }) ==
        ErrorCode::deadline_exceeded);
  CHECK(answer == 0);

  other.run("ROLLBACK");
  leader.join();
  CHECK(answer == 1);
  CHECK(file.messages() == 1);
}

TEST_CASE("in one group commit each call succeeds or fails by itself") {
  constexpr int members = 16;
  bool interrupted = false;
  SUBCASE("refused calls roll back only their own work") {}
  SUBCASE("an interruption makes SQLite roll back the whole transaction") { interrupted = true; }
  FileBackend file(patient);
  RawConnection other(file.path());
  other.run("BEGIN IMMEDIATE");
  support::Ledger ledger;
  std::atomic<int> as_expected{0};
  const auto fails_with = [&](ErrorCode code, auto&& action) {
    as_expected += support::code_of(action) == code ? 1 : 0;
  };
  std::vector<heddle::Message> endless;
  for (int number = 0; number < 20000; ++number) { endless.push_back(saying("message of a long turn")); }

  std::jthread leader(
      [&] { ledger.add("session", file.store().save_message({}, "session", saying("leader")), "leader"); });
  std::this_thread::sleep_for(50ms);
  // All of them queue behind the leader, and so share one transaction when the lock is released.
  std::latch queued(members + 1);
  std::jthread release([&] {
    queued.arrive_and_wait();
    std::this_thread::sleep_for(100ms);
    other.run("ROLLBACK");
  });
  support::together(members, [&](int thread) {
    const std::string name = std::to_string(thread);
    queued.arrive_and_wait();
    switch (interrupted || thread != 11 ? thread : 0) {
      case 3: return fails_with(ErrorCode::not_found, [&] { file.store().save_turn({}, "nowhere", turn_named(name)); });
      case 7:
        return fails_with(ErrorCode::conflict, [&] {
          file.store().save_turn({}, "session", turn_named(name), {.expected_sequence = 123456});
        });
      case 11:
        // Its deadline passes while its work runs.
        return fails_with(ErrorCode::deadline_exceeded,
                          [&] { file.store().save_messages(Context{}.with_timeout(150ms), "session", endless); });
      default: ledger.add_turn("session", file.store().save_turn({}, "session", turn_named(name)), name);
    }
  });
  release.join();
  leader.join();
  CHECK(as_expected == (interrupted ? 3 : 2));
  ledger.check(*file);
  CHECK(other.damage() == "");
}

TEST_CASE("a save that is interrupted anywhere leaves nothing behind, also not in the search index") {
  constexpr int rounds = 60;
  FileBackend file([](heddle::sqlite::Config& config) { config.cache_kib = 64; });
  RawConnection other(file.path());
  std::vector<heddle::Message> many;
  for (int number = 0; number < 1000; ++number) { many.push_back(saying("word " + std::to_string(number))); }
  std::int64_t stored = 0;
  int interrupted = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto before = stored;
    try {
      const Context hurried = Context{}.with_timeout(std::chrono::microseconds(500 * round));
      stored = file.store().save_messages(hurried, "session", many).last;
    } catch (const heddle::Error& error) {
      CHECK(error.code() == ErrorCode::deadline_exceeded);
      CHECK_FALSE(error.in_doubt());
      ++interrupted;
    }
    REQUIRE(file.store().save_message({}, "session", saying("after")) == stored + 1);
    ++stored;
    CHECK((stored == before + 1 || stored == before + 1 + std::int64_t(many.size())));
  }
  CHECK(interrupted > 0);
  CHECK(other.damage() == "");
  CHECK(file.store().delete_session({}, "session"));
  CHECK(other.damage() == "");
}

TEST_CASE("a backup and a migration run while 16 threads write without a pause") {
  constexpr int writers = 16;
  FileBackend file;
  std::atomic<bool> enough{false};
  std::atomic<int> started{0};
  support::together(writers + 1, [&](int thread) {
    if (thread < writers) {
      for (bool first = true; !enough; first = false) {
        file.store().save_message({}, "session", saying("more"));
        if (first) { ++started; }
      }
      return;
    }
    struct Stop {
      std::atomic<bool>& flag;
      ~Stop() { flag = true; }
    } stop{enough};
    while (started < writers) { std::this_thread::yield(); }
    (*file).back_up(Context{}.with_timeout(2min), file.folder() / "copy.db");
    (*file).migrate(Context{}.with_timeout(2min));
  });
  CHECK(RawConnection(file.folder() / "copy.db").damage() == "");
}

TEST_CASE("a long search and a long read stop at their deadline") {
  FileBackend file;
  fill(file, 20000);
  const auto search = slow_search();
  CHECK(file.store().search_messages({}, search, {.limit = 5}).items.size() == 5);

  SUBCASE("search, deadline") {
    CHECK(support::code_of([&] {
            static_cast<void>(file.store().search_messages(Context{}.with_timeout(2ms), search));
          }) == ErrorCode::deadline_exceeded);
  }
  SUBCASE("search, stop") {
    // A thread that is not scheduled requests its stop after the search has ended.
    auto code = ErrorCode::internal;
    for (int round = 0; round < 100 && code == ErrorCode::internal; ++round) {
      const StopAfter stop(2ms);
      try {
        static_cast<void>(file.store().search_messages(stop.context(), search));
      } catch (const heddle::Error& error) { code = error.code(); }
    }
    CHECK(code == ErrorCode::cancelled);
  }
  SUBCASE("a page of messages") {
    CHECK(support::code_of([&] {
            static_cast<void>(file.store().load_messages(Context{}.with_timeout(1ms), "session"));
          }) == ErrorCode::deadline_exceeded);
  }
  SUBCASE("row by row, with a slow visitor") {
    int seen = 0;
    // A thread that is not scheduled until its deadline sees nothing.
    for (int round = 0; round < 100 && seen == 0; ++round) {
      CHECK(support::code_of([&] {
              file.store().for_each_message(Context{}.with_timeout(50ms), "session", [&](const heddle::Message&) {
                ++seen;
                std::this_thread::sleep_for(5ms);
              });
            }) == ErrorCode::deadline_exceeded);
    }
    CHECK(seen > 0);
    CHECK(seen < 100);
  }
  // The connection still works.
  CHECK(file.store().search_messages({}, {.query = "number 777"}).items.size() == 1);
}

TEST_CASE("a read that waits for a connection ends at its deadline and when a stop is requested") {
  FileBackend file([](heddle::sqlite::Config& config) { config.readers = 1; });
  file.store().save_message({}, "session", saying("hello"));
  std::latch taken(1);
  std::latch done(1);
  std::jthread holder([&] {
    file.store().for_each_message({}, "session", [&](const heddle::Message&) {
      taken.count_down();
      done.wait();
    });
  });
  taken.wait();
  CHECK(support::code_of([&] {
          static_cast<void>(file.store().load_messages(Context{}.with_timeout(50ms), "session"));
        }) == ErrorCode::deadline_exceeded);
  const StopAfter stop(50ms);
  CHECK(support::code_of([&] { static_cast<void>(file.store().load_messages(stop.context(), "session")); }) ==
        ErrorCode::cancelled);
  // Writes use another connection.
  CHECK(file.store().save_message({}, "session", saying("again")) == 2);
  done.count_down();
  holder.join();
  CHECK(file.messages() == 2);
}
