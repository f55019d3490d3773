// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <algorithm>
#include <chrono>

namespace heddle::detail::pool {

/// How many connections the server allows, as far as a pool knows: after a refusal no more than there were, for a
/// while. Precondition of every function: the caller holds the mutex of the pool.
class Allowance {
 public:
  using Clock = Context::Clock;

  explicit Allowance(int most) noexcept : most_(most) {}

  /// Returns how many connections there may be.
  [[nodiscard]] int number() const noexcept { return Clock::now() < retry_at_ ? allowed_ : most_; }

  /// Allows no more than this number for a while.
  void limit(int number) noexcept {
    allowed_ = std::max(number, 1);
    retry_at_ = Clock::now() + pause;
  }

  /// Returns when a waiting thread should ask for the number again: never, if there are as many connections as there
  /// can be.
  [[nodiscard]] Clock::time_point next_look(int present) const noexcept {
    if (present >= most_) { return Clock::time_point::max(); }
    return std::max(retry_at_, Clock::now() + pause / 10);
  }

 private:
  static constexpr std::chrono::milliseconds pause{1000};

  int most_;
  int allowed_ = 0;
  Clock::time_point retry_at_{};
};

}  // namespace heddle::detail::pool
