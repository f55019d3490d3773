#pragma once

#include "heddle/context.hpp"

#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

/// Called after a session was deleted for good, with the Context of the deletion and the session's id, on the deleting
/// thread, which can be the backend's own cleaner; of a soft-deleted session the Context names the tenant. What it
/// throws reaches the caller of `delete_session` or `purge_deleted_sessions`, after all other hooks have run; the
/// session is gone then.
using CleanupHook = std::function<void(const Context&, const std::string&)>;

namespace detail {

/// The hooks of a store; safe to use from many threads.
class CleanupHooks {
 public:
  void add(CleanupHook hook) {
    const std::lock_guard lock(mutex_);
    hooks_.push_back(std::move(hook));
  }

  void run(const Context& context, const std::string& session_id) {
    // A copy: a hook may add another one.
    std::vector<CleanupHook> hooks;
    {
      const std::lock_guard lock(mutex_);
      hooks = hooks_;
    }
    std::exception_ptr failure;
    for (const auto& hook : hooks) {
      try {
        hook(context, session_id);
      } catch (...) { failure = std::current_exception(); }
    }
    if (failure) { std::rethrow_exception(failure); }
  }

 private:
  std::mutex mutex_;
  std::vector<CleanupHook> hooks_;
};

}  // namespace detail
}  // namespace heddle
