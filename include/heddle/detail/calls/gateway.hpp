// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/lifecycle.hpp"
#include "heddle/detail/calls/passage.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/text.hpp"

#include <string_view>

namespace heddle::detail::calls {

/// The one way from a store to the engine. Each operation is counted, traced, checked for its deadline and resolved to
/// its tenant here, once for all backends. One operation is one span, and every exception that leaves it ends the span
/// as failed: that of a refused call, of a closed backend and of the caller's own code in a visitor or a hook, too.
template <class Policy, class TracerType>
class Gateway {
 public:
  Gateway(typename Policy::Engine& engine, TracerType& tracer) : engine_(engine), tracer_(tracer) {}

  [[nodiscard]] Lifecycle& lifecycle() noexcept { return lifecycle_; }

  /// Runs `use(passage)` as an operation of the tenant that the context names; returns what it returns. `use` checks
  /// its arguments first, then goes to the database by the Passage.
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

 private:
  template <class Use>
  auto trace(const Call& call, Use&& use) {
    // Left after the span has ended: what closes the backend may rely on that.
    const Lifecycle::Entry entry(lifecycle_);
    auto span = tracer_.start(call);
    try {
      entry.require_open();
      call.context.check();
      Passage<Policy, decltype(span)> passage(engine_, lifecycle_, call, span);
      return use(passage);
    } catch (const Error& error) {
      span.fail(error);
      throw;
    } catch (...) {
      span.fail(Error(ErrorCode::internal, "an exception that is no heddle::Error left the operation"));
      throw;
    }
  }

  static void require_user(std::string_view user) {
    if (user.empty()) {
      throw Error(ErrorCode::invalid_argument, "the context names no user, and no default user is configured");
    }
    validation::check_text("context.user_id", user, limits::id);
  }

  typename Policy::Engine& engine_;
  TracerType& tracer_;
  Lifecycle lifecycle_;
};

}  // namespace heddle::detail::calls
