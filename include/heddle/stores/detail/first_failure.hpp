// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <exception>
#include <utility>

namespace heddle::stores::detail {

/// Runs steps of which none keeps the later ones from running, and remembers the first exception.
class FirstFailure {
 public:
  /// Runs `step()`. Keeps what it throws if no step has failed before.
  template <class Step>
  void attempt(Step&& step) {
    try {
      std::forward<Step>(step)();
    } catch (...) {
      if (!failure_) { failure_ = std::current_exception(); }
    }
  }

  /// Throws the first failure; does nothing if there was none.
  void rethrow() const {
    if (failure_) { std::rethrow_exception(failure_); }
  }

 private:
  std::exception_ptr failure_;
};

}  // namespace heddle::stores::detail
