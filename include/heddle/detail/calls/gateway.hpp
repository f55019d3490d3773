// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/lifecycle.hpp"
#include "heddle/error.hpp"
#include "heddle/options.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail::calls {

/// The one way from a store to the engine. Each call is counted, traced, checked for its deadline and resolved to its
/// tenant here, once for all backends.
template <class Policy, class TracerType>
class Gateway {
 public:
  Gateway(typename Policy::Engine& engine, TracerType& tracer) : engine_(engine), tracer_(tracer) {}

  [[nodiscard]] typename Policy::Engine& engine() noexcept { return engine_; }
  [[nodiscard]] Lifecycle& lifecycle() noexcept { return lifecycle_; }

  /// Runs `work(transaction)` in one transaction that reads; answers what the function that it returns answers.
  template <class Work>
  auto read(const Context& context, std::string_view operation, Work&& work) {
    return pass(context, operation, [&](const Call& call) { return engine_.read(call, work); });
  }

  /// The same in a transaction that writes; answers after its commit. `work` may run more than once.
  template <class Work>
  auto write(const Context& context, std::string_view operation, Work&& work) {
    return pass(context, operation, [&](const Call& call) { return engine_.write(call, work); });
  }

  /// The same for work that declares an Answer, which a repeat with the same idempotency key gets again; see
  /// `concepts/transaction.hpp`. `fingerprint()` gives a digest of what the caller asks for; it is called only if there
  /// is a key. With `session_id` the key is forgotten together with that session.
  template <class Fingerprint, class Work>
  Answer write_once(const Context& context, std::string_view operation, const WriteOptions& options,
                    std::optional<std::string_view> session_id, Fingerprint&& fingerprint, Work&& work) {
    if (options.expected_sequence) { validation::refuse("options.expected_sequence", "is for writes of messages"); }
    return append_once(context, operation, options, session_id, fingerprint, work);
  }

  /// The same for writes of messages, which heed `options.expected_sequence` themselves.
  template <class Fingerprint, class Work>
  Answer append_once(const Context& context, std::string_view operation, const WriteOptions& options,
                     std::optional<std::string_view> session_id, Fingerprint&& fingerprint, Work&& work) {
    std::optional<OnceKey> key;
    if (!options.idempotency_key.empty()) {
      validation::check_text("options.idempotency_key", options.idempotency_key, limits::id);
      key = OnceKey{options.idempotency_key, operation, fingerprint(), session_id};
    }
    return write(context, operation, [&](auto& transaction) { return transaction.once(key, work); });
  }

  /// Runs `use(call)` as a traced operation of a tenant that is not a transaction.
  template <class Use>
  auto pass(const Context& context, std::string_view operation, Use&& use) {
    return traced({context, user_of(context), operation}, std::forward<Use>(use));
  }

  /// The same for an operation on the backend as a whole, which belongs to no tenant. `use(call, span)` can tell the
  /// tracer more.
  template <class Use>
  auto manage(const Context& context, std::string_view operation, Use&& use) {
    return traced({context, {}, operation}, std::forward<Use>(use));
  }

 private:
  template <class Use>
  auto traced(const Call& call, Use&& use) {
    const Lifecycle::Entry entry(lifecycle_);
    auto span = tracer_.start(call);
    try {
      call.context.check();
      if constexpr (std::invocable<Use, const Call&, decltype(span)&>) {
        return std::forward<Use>(use)(call, span);
      } else {
        return std::forward<Use>(use)(call);
      }
    } catch (const Error& error) {
      span.fail(error);
      throw;
    }
  }

  std::string_view user_of(const Context& context) const {
    const std::string_view user = context.user_id.empty() ? engine_.default_user_id() : context.user_id;
    if (user.empty()) {
      throw Error(ErrorCode::invalid_argument, "the context names no user, and no default user is configured");
    }
    validation::check_text("context.user_id", user, limits::id);
    return user;
  }

  typename Policy::Engine& engine_;
  TracerType& tracer_;
  Lifecycle lifecycle_;
};

}  // namespace heddle::detail::calls
