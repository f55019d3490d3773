#pragma once

#include "heddle/error.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/crew.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// Threads that write while something fails, and the results of their calls.
namespace diary {

/// A write without a response.
struct Doubt {
  std::string session;
  std::string name;
  bool turn = false;
};

/// Writes with idempotency keys from many threads, and records the results.
class Writers {
 public:
  static constexpr int sessions = 4;

  explicit Writers(support::ProxiedBackend& here) : here_(here) {
    for (int number = 0; number < sessions; ++number) {
      heddle::Session session;
      session.id = name_of(number);
      here_.store().save_session({}, session);
    }
  }

  /// Writes on that many threads while `happens()` runs.
  template <class Happens>
  void write_while(int threads, Happens happens) {
    std::atomic<bool> over = false;
    support::together(threads + 1, [&](int number) {
      if (number == threads) {
        try {
          happens();
        } catch (...) {
          over = true;
          throw;
        }
        over = true;
        return;
      }
      for (int round = 0; !over; ++round) {
        write({name_of((number + round) % sessions), std::to_string(number) + "-" + std::to_string(next_++),
               round % 3 == 0});
      }
    });
  }

  /// Waits until that many more writes have returned: the threads recover by themselves.
  void await_more(int number) const {
    const int enough = acknowledged_ + number;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (acknowledged_ < enough && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(acknowledged_ >= enough);
  }

  /// Repeats the writes in doubt and checks: every write that returned is stored once, failed ones are not stored.
  void check() {
    here_.cut_all_and_wait();
    for (const Doubt& doubt : doubts_) { save(doubt); }
    doubts_.clear();
    ledger_.check(*here_);
  }

  [[nodiscard]] int acknowledged() const noexcept { return acknowledged_; }
  [[nodiscard]] int failed() const noexcept { return failed_; }
  [[nodiscard]] int in_doubt() const noexcept { return in_doubt_; }

 private:
  static std::string name_of(int session) { return "session " + std::to_string(session); }

  void save(const Doubt& write) {
    const heddle::AppendOptions once{.idempotency_key = write.name};
    if (write.turn) {
      ledger_.add_turn(write.session, here_.store().save_turn({}, write.session, support::turn_named(write.name), once),
                       write.name);
    } else {
      const std::string content = "message " + write.name;
      ledger_.add(write.session, here_.store().save_message({}, write.session, support::saying(content), once),
                  content);
    }
  }

  void write(const Doubt& write) {
    try {
      save(write);
      ++acknowledged_;
    } catch (const heddle::Error& error) {
      if (error.code() != heddle::ErrorCode::unavailable || !error.retryable()) { throw; }
      if (error.in_doubt()) {
        ++in_doubt_;
        const std::lock_guard lock(mutex_);
        doubts_.push_back(write);
      } else {
        ++failed_;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }

  support::ProxiedBackend& here_;
  support::Ledger ledger_{};
  std::mutex mutex_{};
  std::vector<Doubt> doubts_{};
  std::atomic<int> next_{0};
  std::atomic<int> acknowledged_{0};
  std::atomic<int> failed_{0};
  std::atomic<int> in_doubt_{0};
};

}  // namespace diary
