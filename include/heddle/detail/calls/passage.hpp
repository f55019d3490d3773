// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/key_scope.hpp"
#include "heddle/detail/calls/lifecycle.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/text.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail::calls {

/// A running operation, with its access to the database. The Gateway makes it; it exists as long as the operation runs.
template <class Policy, class Span>
class Passage {
  using Engine = typename Policy::Engine;

 public:
  /// Sets `outcome` to in doubt as soon as something is written: then a failure that no engine has judged can come
  /// before or after the commit.
  Passage(Engine& engine, Lifecycle& lifecycle, const Call& call, Span& span, Outcome& outcome)
      : engine_(engine), lifecycle_(lifecycle), call_(call), span_(span), outcome_(outcome) {}

  [[nodiscard]] const Context& context() const noexcept { return call_.context; }
  [[nodiscard]] std::string_view user_id() const noexcept { return call_.user_id; }

  /// Runs `work(transaction)` in one reading transaction, then calls the function that `work` returned and returns its
  /// result.
  template <class Work>
  auto read(Work&& work) {
    return engine_.read(call_, work);
  }

  /// The same in a writing transaction; returns after its commit. `work` may run more than once.
  template <class Work>
  auto write(Work&& work) {
    outcome_ = Outcome::in_doubt;
    return engine_.write(call_, work);
  }

  /// `write` with the deadline and the stop token of another context, for the same tenant.
  template <class Work>
  auto write_within(const Context& context, Work&& work) {
    const Call call{context, call_.user_id, call_.operation};
    outcome_ = Outcome::in_doubt;
    return engine_.write(call, work);
  }

  /// `write` for work that declares an Answer, which a repeat with the same idempotency key returns again; see
  /// `concepts/transaction.hpp`. `fingerprint()` returns a digest of the request; it is called only if the key is not
  /// empty. Deleting the session `session_id`, if given, also deletes the key.
  template <class Fingerprint, class Work>
  Answer write_once(const std::string& key, std::optional<std::string_view> session_id, Fingerprint&& fingerprint,
                    Work&& work) {
    std::optional<OnceKey> once;
    if (!key.empty()) {
      validation::check_text("options.idempotency_key", key, limits::id);
      const std::string_view scope = key_scope(call_.operation);
      if (scope.empty()) { throw Error(ErrorCode::internal, "this operation has no name for idempotency keys"); }
      once = OnceKey{key, scope, fingerprint(), session_id};
    }
    return write([&](auto& transaction) { return transaction.once(once, work); });
  }

  /// Runs `work`, which only reads, for no tenant, on a connection that sees all tenants.
  template <class Work>
  auto oversee(Work&& work) {
    if constexpr (requires { engine_.oversee(call_, work); }) {
      return engine_.oversee(call_, work);
    } else {
      return engine_.administer(call_, work);
    }
  }

  /// The same for work that writes.
  template <class Work>
  auto administer(Work&& work) {
    outcome_ = Outcome::in_doubt;
    return engine_.administer(call_, work);
  }

  /// `administer` with the deadline and the stop token of another context.
  template <class Work>
  auto administer_within(const Context& context, Work&& work) {
    const Call call{context, call_.user_id, call_.operation};
    outcome_ = Outcome::in_doubt;
    return engine_.administer(call, work);
  }

  /// Calls `use(engine, call)` for operations that are not units of work and write nothing to the database: a ping, a
  /// backup.
  template <class Use>
  auto ask_engine(Use&& use) {
    return std::forward<Use>(use)(engine_, call_);
  }

  /// The same for operations that write: migrating.
  template <class Use>
  auto with_engine(Use&& use) {
    outcome_ = Outcome::in_doubt;
    return ask_engine(std::forward<Use>(use));
  }

  /// Returns true if sessions can be hidden.
  [[nodiscard]] bool can_soft_delete() const noexcept {
    if constexpr (requires { engine_.can_soft_delete(); }) {
      return engine_.can_soft_delete();
    } else {
      return true;
    }
  }

  [[nodiscard]] Lifecycle& lifecycle() noexcept { return lifecycle_; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const { return engine_.artifact_directory(); }

  /// Passes the tracer a warning about a problem that should be fixed although the operation succeeds; see WarnedSpan.
  void warn([[maybe_unused]] std::string_view message) {
    if constexpr (WarnedSpan<Span>) { span_.warn(message); }
  }
  /// Passes the tracer the number of items that the operation has processed; see CountedSpan.
  void count([[maybe_unused]] std::int64_t number) {
    if constexpr (CountedSpan<Span>) { span_.count(number); }
  }

  /// True if the tracer wants to know how many messages are stored.
  static constexpr bool counts_messages = StoringSpan<Span>;

  /// Passes the tracer the number of messages that the operation has stored; see StoringSpan.
  void stored(std::int64_t messages) { span_.stored(messages); }

 private:
  Engine& engine_;
  Lifecycle& lifecycle_;
  const Call& call_;
  Span& span_;
  Outcome& outcome_;
};

}  // namespace heddle::detail::calls
