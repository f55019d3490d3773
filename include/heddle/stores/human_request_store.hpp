#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/detail/calls/remote_topics.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"
#include "heddle/stores/waiters.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heddle {

/// Questions to humans and their answers, on any backend. Satisfies HumanRequestStorage, which specifies each
/// operation. Many threads may use it.
template <class Policy, class Tracer>
class HumanRequestStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  HumanRequestStore(Gateway& gateway, stores::Waiters<Policy>& waiters)
      : gateway_(gateway), changes_(waiters.changes), remote_topics_(waiters.remote_topics) {}

  /// Stores an open request; returns its id.
  std::string store(const Context& context, const HumanRequest& request, const WriteOptions& options = {});
  /// Returns the request with this id; nothing if it does not exist.
  [[nodiscard]] std::optional<HumanRequest> get(const Context& context, const std::string& id);
  /// Replaces the question of an open request; returns false if the request does not exist.
  bool update(const Context& context, const HumanRequest& request, const WriteOptions& options = {});
  /// Returns open requests of the tenant, oldest first.
  [[nodiscard]] Page<HumanRequest> list_pending(const Context& context, const PageRequest& request = {});
  /// Returns open requests of the tenant, by priority and then oldest first.
  [[nodiscard]] Page<HumanRequest> list_by_priority(const Context& context, const PageRequest& request = {});
  /// Returns requests of a session in any state, newest first.
  [[nodiscard]] Page<HumanRequest> list_by_session(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {});
  /// Settles an open request; returns its final state.
  HumanRequest respond(const Context& context, const std::string& id, const HumanResponse& response,
                       const WriteOptions& options = {});
  /// Settles an open request as cancelled; returns its final state.
  HumanRequest cancel(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Blocks until the request is settled or has timed out; returns its final state.
  [[nodiscard]] HumanRequest wait(const Context& context, const std::string& id);
  /// Blocks until one of the requests is settled or has timed out; returns its final state.
  [[nodiscard]] HumanRequest wait_any(const Context& context, const std::vector<std::string>& ids);
  /// Stores the timeout of the tenant's requests that are past `expires_at`; returns how many there were.
  std::int64_t expire(const Context& context, const WriteOptions& options = {});
  /// Ends one request as timed out; returns its final state.
  HumanRequest expire_one(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Removes a request; returns false if it does not exist.
  bool remove(const Context& context, const std::string& id, const WriteOptions& options = {});

 private:
  /// Wakes the calls that wait for a request.
  template <class Passage>
  void tell(Passage& passage, const std::string& id);
  /// Runs a write that ends a request. `queue(tx)` queues the statement that returns it.
  template <class Passage, class Fingerprint, class End>
  HumanRequest end(Passage& passage, const std::string& id, const WriteOptions& options, Fingerprint&& fingerprint,
                   End&& queue);
  /// Blocks until one of the requests is no longer open; returns it.
  template <class Passage>
  HumanRequest first_end(Passage& passage, const std::vector<std::string>& ids);

  Gateway& gateway_;
  detail::calls::ChangeSignal& changes_;
  detail::calls::RemoteTopics<concepts::HearsChanges<Policy>>& remote_topics_;
};

}  // namespace heddle
