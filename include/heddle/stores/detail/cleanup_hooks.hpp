// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/context.hpp"
#include "heddle/stores/detail/first_failure.hpp"

#include <concepts>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// The hooks of a store. Many threads may use it. A template only so that a file compiles no more than the functions
/// that it uses.
template <std::same_as<CleanupHook> Hook>
class CleanupHookList {
 public:
  CleanupHookId add(Hook hook) {
    const std::lock_guard lock(mutex_);
    hooks_.push_back({CleanupHookId{next_++}, std::move(hook)});
    return hooks_.back().id;
  }
  /// Returns false if there is no such hook. Another thread can be running it still.
  bool remove(CleanupHookId id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(hooks_, [id](const Entry& entry) { return entry.id == id; }) != 0;
  }

  /// Runs all hooks, also after one that throws; throws the first failure.
  void run(const Context& context, const std::string& session_id) {
    // A copy: a hook may add another one.
    const std::vector<Entry> hooks = copy();
    FirstFailure failure;
    for (const Entry& entry : hooks) {
      failure.attempt([&] { entry.hook(context, session_id); });
    }
    failure.rethrow();
  }

 private:
  struct Entry {
    CleanupHookId id;
    Hook hook;
  };

  [[nodiscard]] std::vector<Entry> copy() {
    const std::lock_guard lock(mutex_);
    return hooks_;
  }

  std::mutex mutex_;
  std::vector<Entry> hooks_;
  std::uint64_t next_ = 0;
};

using CleanupHooks = CleanupHookList<CleanupHook>;

}  // namespace heddle::stores::detail
