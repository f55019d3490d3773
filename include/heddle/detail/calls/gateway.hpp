// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/changes.hpp"
#include "heddle/detail/calls/lifecycle.hpp"
#include "heddle/detail/calls/passage.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/text.hpp"

#include <new>
#include <string_view>
#include <utility>

namespace heddle::detail::calls {

/// The only way from a store to the engine. It counts each operation, traces it, checks its deadline and resolves its
/// tenant, once for all backends. One operation is one span. Every exception that leaves the operation ends the span as
/// failed, also that of a refused call, of a closed backend and of the caller's own code in a visitor or a hook. When
/// memory runs out the caller gets an Error like any other. Only a
/// call in a forked child has no span.
template <class Policy, class TracerType>
class Gateway {
 public:
  Gateway(typename Policy::Engine& engine, TracerType& tracer) : engine_(engine), tracer_(tracer) {}

  [[nodiscard]] Lifecycle& lifecycle() noexcept { return lifecycle_; }

  /// Runs `use(passage)` as an operation of the tenant that the context names and returns its result. `use` validates
  /// its arguments first, then reaches the database through the Passage.
  template <class Use>
  auto run(const Context& context, Operation operation, Use&& use) {
    const std::string_view user =
        context.user_id.empty() ? std::string_view(engine_.default_user_id()) : std::string_view(context.user_id);
    return trace({context, user, operation}, [&](auto& passage) {
      require_user(user);
      return use(passage);
    });
  }

  /// The same for an operation on the backend as a whole, which belongs to no tenant.
  template <class Use>
  auto manage(const Context& context, Operation operation, Use&& use) {
    return trace({context, {}, operation}, use);
  }

  /// Calls `use(engine)`, which asks no database. No operation, and no span: tracers need not know who looks at them.
  template <class Use>
  void observe(Use&& use) {
    lifecycle_.require_own_process();
    const Lifecycle::Entry entry(lifecycle_);
    entry.require_open();
    std::forward<Use>(use)(engine_);
  }

 private:
  template <class Use>
  auto trace(const Call& call, Use&& use) {
    // Before the tracer, which a fork has copied as well: another thread can hold its locks.
    lifecycle_.require_own_process();
    // Destroyed after the span, so that no span is open when `close` returns.
    const Lifecycle::Entry entry(lifecycle_);
    auto span = tracer_.start(call);
    Outcome outcome = Outcome::nothing_happened;
    try {
      entry.require_open();
      call.context.check();
      require_right_to(call.operation);
      Passage<Policy, decltype(span)> passage(engine_, lifecycle_, call, span, outcome);
      return use(passage);
    } catch (const Error& error) {
      span.fail(error);
      throw;
    } catch (const std::bad_alloc&) {
      const Error error(ErrorCode::resource_exhausted, "the process has no memory left for the call", {}, outcome);
      span.fail(error);
      throw error;
    } catch (...) {
      span.fail(Error(ErrorCode::internal, "the operation threw an exception that is not a heddle::Error"));
      throw;
    }
  }

  /// Throws `failed_precondition` for an operation that a backend for reading only refuses: before it checks its
  /// arguments, and before it makes files.
  void require_right_to(Operation operation) const {
    if constexpr (requires { engine_.require_writable(); }) {
      if (changes(operation)) { engine_.require_writable(); }
    }
  }

  static void require_user(std::string_view user) {
    if (user.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  "the context names no user and no default user is configured: set Context::user_id");
    }
    validation::check_text("context.user_id", user, limits::id);
  }

  typename Policy::Engine& engine_;
  TracerType& tracer_;
  Lifecycle lifecycle_;
};

}  // namespace heddle::detail::calls
