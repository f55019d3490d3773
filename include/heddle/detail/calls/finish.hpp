// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <type_traits>

namespace heddle::detail::calls {

/// The function that reads the results of a unit of work that has none.
struct NothingToFinish {
  void operator()() const noexcept {}
};

/// Runs a unit of work and returns the function that reads its results, also for work that returns none.
template <class Work, class Transaction>
auto finish_of(Work& work, Transaction& transaction) {
  if constexpr (std::is_void_v<decltype(work(transaction))>) {
    work(transaction);
    return NothingToFinish{};
  } else {
    return work(transaction);
  }
}

}  // namespace heddle::detail::calls
