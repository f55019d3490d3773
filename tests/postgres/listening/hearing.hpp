#pragma once

#include "custom_policy/counting.hpp"
#include "heddle/postgres.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace listening {

/// PostgreSQL with counted reads, which tells when a waiting call hears what other processes announce.
struct Hearing : Counting<heddle::Postgres> {
  class Engine : public Counting<heddle::Postgres>::Engine {
   public:
    using Counting<heddle::Postgres>::Engine::Engine;

    [[nodiscard]] bool is_listening() const noexcept {
      const bool answer = Counting<heddle::Postgres>::Engine::is_listening();
      if (answer) { ++heard; }
      return answer;
    }
  };

  /// Waits until the only waiting call rests: it asks before it takes its topic, and again after the read that follows.
  /// At most one read is still to come, for what it may have missed. Set `heard` to 0 before the call.
  static void await_rest() {
    while (heard < 2) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  }

  static inline std::atomic<int> heard{0};
};

}  // namespace listening
