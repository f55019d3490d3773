// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/context.hpp"
#include "heddle/stores/detail/first_failure.hpp"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// The hooks of a store. Many threads may use it.
class CleanupHooks {
 public:
  void add(CleanupHook hook) {
    const std::lock_guard lock(mutex_);
    hooks_.push_back(std::move(hook));
  }

  /// Runs all hooks, also after one that throws; throws the first failure.
  void run(const Context& context, const std::string& session_id) {
    // A copy: a hook may add another one.
    const std::vector<CleanupHook> hooks = copy();
    FirstFailure failure;
    for (const auto& hook : hooks) {
      failure.attempt([&] { hook(context, session_id); });
    }
    failure.rethrow();
  }

 private:
  [[nodiscard]] std::vector<CleanupHook> copy() {
    const std::lock_guard lock(mutex_);
    return hooks_;
  }

  std::mutex mutex_;
  std::vector<CleanupHook> hooks_;
};

}  // namespace heddle::stores::detail
