// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/query_limits.hpp"

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace heddle::sealed_query {

/// The sum, or the greatest number if it would be greater.
[[nodiscard]] constexpr std::size_t add_bytes(std::size_t a, std::size_t b) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  return a > most - b ? most : a + b;
}

/// What a query can have in memory at once: its image, what SQLite allocates, and the answer.
[[nodiscard]] constexpr std::size_t bytes_of_query(std::size_t image, const QueryLimits& limits) noexcept {
  return add_bytes(image, add_bytes(limits.memory_bytes, limits.answer_bytes));
}

/// Admits the queries of a backend: no more at once than its budget allows. Who has to wait is admitted in the order of
/// arrival. Many threads. A template only so that a file compiles no more than the functions that it uses.
template <std::same_as<QueryBudget> Budget>
class BasicQueryGate {
 public:
  /// The permission to use some bytes, until it is destroyed.
  class Admission {
   public:
    Admission(Admission&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), bytes_(other.bytes_) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    Admission& operator=(Admission&&) = delete;
    ~Admission() {
      if (gate_ != nullptr) { gate_->leave(bytes_); }
    }

    /// Uses so many bytes from now on. More are granted without a wait: they are in memory already.
    void resize(std::size_t bytes) noexcept {
      gate_->change(bytes_, bytes);
      bytes_ = bytes;
    }

   private:
    friend class BasicQueryGate;
    Admission(BasicQueryGate& gate, std::size_t bytes) noexcept : gate_(&gate), bytes_(bytes) {}

    BasicQueryGate* gate_;
    std::size_t bytes_;
  };

  explicit BasicQueryGate(const Budget& budget) noexcept : budget_(budget) {}

  /// Admits a query, or returns nothing if it would have to wait.
  [[nodiscard]] std::optional<Admission> try_enter(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() || !fits(bytes)) { return std::nullopt; }
    return admit(bytes);
  }

  /// Admits a query, after a wait of at most `patience` and until the context is over. Throws `resource_exhausted` if
  /// the wait ends without success, or would never end; `cancelled` if a stop is requested.
  [[nodiscard]] Admission enter(std::size_t bytes, const Context& context, std::chrono::milliseconds patience) {
    if (bytes > budget_.bytes) {
      throw Error(ErrorCode::resource_exhausted,
                  "the query may use " + std::to_string(bytes) + " bytes, more than the budget of all queries (" +
                      std::to_string(budget_.bytes) + "): lower its limits or raise query_budget.bytes");
    }
    const Context until = context.with_timeout(patience);
    std::unique_lock lock(mutex_);
    const auto place = waiting_.insert(waiting_.end(), bytes);
    // Those behind may fit when this one has left.
    const bool admitted = changed_.wait_until(lock, until.stop, *until.deadline,
                                              [&] { return place == waiting_.begin() && fits(bytes); });
    waiting_.erase(place);
    changed_.notify_all();
    if (admitted) { return admit(bytes); }
    lock.unlock();
    if (context.stop.stop_requested()) { context.check(); }
    throw Error(ErrorCode::resource_exhausted,
                "too many queries run at once: the budget is " + std::to_string(budget_.queries) + " queries and " +
                    std::to_string(budget_.bytes) + " bytes; repeat the query later or raise query_budget");
  }

 private:
  [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
    return running_ < budget_.queries && add_bytes(used_, bytes) <= budget_.bytes;
  }

  [[nodiscard]] Admission admit(std::size_t bytes) noexcept {
    ++running_;
    used_ += bytes;
    return Admission(*this, bytes);
  }

  void leave(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    --running_;
    used_ -= bytes;
    changed_.notify_all();
  }

  void change(std::size_t before, std::size_t after) noexcept {
    const std::lock_guard lock(mutex_);
    used_ = used_ - before + after;
    changed_.notify_all();
  }

  const Budget budget_;
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::list<std::size_t> waiting_{};  ///< their bytes, in the order of arrival
  std::size_t running_ = 0;
  std::size_t used_ = 0;
};

using QueryGate = BasicQueryGate<QueryBudget>;

}  // namespace heddle::sealed_query
