// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <type_traits>

namespace heddle::detail::calls {

/// What a unit of work without answers leaves to do.
struct NothingToFinish {
  void operator()() const noexcept {}
};

/// Runs a unit of work; gives the function that reads its answers, also for work that returns none.
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
