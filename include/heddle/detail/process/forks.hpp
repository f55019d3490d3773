// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace heddle::detail::process {

/// Counts the forks between the first process and this one, so that an object sees whether it was made by the present
/// process or by one of its parents. Costs less than to ask for the process id.
class Forks {
 public:
  /// Returns the count at the time of the call, which is to be compared with later ones.
  [[nodiscard]] static std::uint64_t remember() noexcept {
    static const int registered =
        ::pthread_atfork(nullptr, nullptr, [] { total.fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(registered);
    return count();
  }

  [[nodiscard]] static std::uint64_t count() noexcept { return total.load(std::memory_order_relaxed); }

 private:
  static inline std::atomic<std::uint64_t> total{0};
};

}  // namespace heddle::detail::process
