#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <latch>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

/// The engine alone, with units of work that no store has.
namespace {

using namespace std::chrono_literals;
using heddle::Call;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;

constexpr int members = 16;

const heddle::sql::Statement<heddle::sql::NoRow, std::int64_t>& insert() {
  static const heddle::sql::Statement<heddle::sql::NoRow, std::int64_t> statement{"INSERT INTO numbers VALUES (?1)"};
  return statement;
}

/// An engine whose commits are counted, and a table to write to.
class Counted {
 public:
  Counted() {
    engine_.exclusively(call(), [this](heddle::sqlite::connection::Connection& connection) {
      connection.execute("CREATE TABLE numbers (number INTEGER)");
      sqlite3_commit_hook(
          connection.handle(), [](void* self) { return ++static_cast<Counted*>(self)->commits_, 0; }, this);
    });
  }

  auto& operator*() noexcept { return engine_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] Call call() const noexcept { return {context_, "user", heddle::Operation::save_message}; }
  [[nodiscard]] int commits() const noexcept { return commits_; }

  /// Calls `work(number)` on all threads while they wait together behind one that waits for another process.
  template <class Work>
  void in_one_group(Work work) {
    concurrency::RawConnection other(path_);
    other.run("BEGIN IMMEDIATE");
    std::jthread leader([this] {
      auto nothing = [](auto& /*transaction*/) { return [] { return 0; }; };
      engine_.write(call(), nothing);
    });
    std::this_thread::sleep_for(50ms);
    std::latch here(members + 1);
    std::jthread release([&] {
      here.arrive_and_wait();
      std::this_thread::sleep_for(200ms);
      other.run("ROLLBACK");
    });
    support::together(members, [&](int number) {
      here.arrive_and_wait();
      work(number);
    });
  }

 private:
  support::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "heddle.db";
  Context context_;
  std::atomic<int> commits_{0};
  heddle::sqlite::Engine engine_{heddle::sqlite::Config{.path = path_.string(), .busy_timeout = 60s}};
};

}  // namespace

TEST_CASE("16 threads that wait together share one commit, and each gets its own result") {
  // On a busy machine more threads miss the group, so that there are rounds until a group is whole.
  constexpr int rounds = 50;
  int commits = 0;
  for (int round = 0; round < rounds && (round == 0 || commits > 3); ++round) {
    Counted engine;
    std::atomic<int> answered{0};
    engine.in_one_group([&](int number) {
      const auto self = std::this_thread::get_id();
      auto work = [number, self, &answered](auto& transaction) {
        transaction.run(insert(), std::int64_t{number});
        return [number, self, &answered] {
          // Whichever thread ran the work, the thread of the caller reads the result.
          answered += std::this_thread::get_id() == self ? 1 : 0;
          return number;
        };
      };
      CHECK((*engine).write(engine.call(), work) == number);
    });
    CHECK(answered == members);
    commits = engine.commits();
    CHECK(concurrency::RawConnection(engine.path()).run("SELECT count(DISTINCT number) FROM numbers") ==
          std::to_string(members));
  }
  // The leader's commit, which wrote nothing, and the group's commit; the last thread can miss the group.
  CHECK(commits <= 3);
}

TEST_CASE("work that fails in a group rolls back its own writes and nothing else") {
  Counted engine;
  std::atomic<int> errors{0};
  std::atomic<int> exceptions{0};
  engine.in_one_group([&](int number) {
    auto work = [number](auto& transaction) {
      transaction.run(insert(), std::int64_t{number});
      if (number % 4 == 1) { throw Error(ErrorCode::conflict, std::to_string(number)); }
      if (number % 4 == 3) { throw std::runtime_error(std::to_string(number)); }
      return [] { return 0; };
    };
    try {
      (*engine).write(engine.call(), work);
    } catch (const Error& error) {
      errors += error.code() == ErrorCode::conflict && error.what() == std::to_string(number) ? 1 : 0;
    } catch (const std::runtime_error& error) { exceptions += error.what() == std::to_string(number) ? 1 : 0; }
  });
  CHECK(errors == members / 4);
  CHECK(exceptions == members / 4);
  CHECK(concurrency::RawConnection(engine.path())
            .run("SELECT group_concat(number) FROM (SELECT number FROM numbers "
                 "ORDER BY number)") == "0,2,4,6,8,10,12,14");
}

TEST_CASE("work that fails alone rolls back its writes") {
  Counted engine;
  auto work = [](auto& transaction) {
    transaction.run(insert(), std::int64_t{1});
    if (true) { throw Error(ErrorCode::conflict, "no"); }
    return [] { return 0; };
  };
  CHECK(support::code_of([&] { (*engine).write(engine.call(), work); }) == ErrorCode::conflict);
  CHECK(concurrency::RawConnection(engine.path()).run("SELECT count(*) FROM numbers") == "0");
}
