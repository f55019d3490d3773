#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/concepts/message_visitor.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace heddle {

/// Sessions with their messages, tool executions and snapshots, on any backend. Satisfies SessionStorage, which says
/// what each operation means. Safe to use from many threads.
template <class Policy, class Tracer>
class SessionStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  explicit SessionStore(Gateway& gateway) : gateway_(gateway) {}

  /// Inserts a session or updates it.
  void save_session(const Context& context, const Session& session, const WriteOptions& options = {});
  /// Returns the session with a page of its messages, at one point in time; nothing if there is none of this id.
  [[nodiscard]] std::optional<Session> load_session(const Context& context, const std::string& id,
                                                    const PageRequest& page = {});
  /// Returns ids of the tenant's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_sessions(const Context& context, const PageRequest& request = {});
  /// Returns ids of an agent's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_agent_sessions(const Context& context, const std::string& agent_id,
                                                      const PageRequest& request = {});
  /// Deletes a session with all that hangs on it, then runs the cleanup hooks; false if there was none.
  bool delete_session(const Context& context, const std::string& id, const WriteOptions& options = {});

  /// Hides a session with all that hangs on it, until it is restored or removed; false if no visible one has this id.
  bool soft_delete_session(const Context& context, const std::string& id,
                           const WriteOptions& options = {}) requires concepts::HidesSessions<Policy>;
  /// Shows a hidden session again, as it was; false if no hidden one has this id.
  bool restore_session(const Context& context, const std::string& id,
                       const WriteOptions& options = {}) requires concepts::HidesSessions<Policy>;
  /// Removes sessions of all tenants for good that have been hidden for this long, their artifact folders too, and runs
  /// the cleanup hooks for each, with its tenant in the Context; returns their number. It goes on after a file or a
  /// hook that fails, and throws the first failure in the end.
  std::int64_t purge_deleted_sessions(const Context& context,
                                      std::chrono::seconds grace_period) requires concepts::HidesSessions<Policy>;

  /// The same operations where the policy lacks them: calling one does not compile, with a sentence that says so.
  template <class Unused = void>
  concepts::Lacking soft_delete_session(
      const Context& /*context*/, const std::string& /*id*/,
      const WriteOptions& /*options*/ = {}) requires(!concepts::HidesSessions<Policy>) {
    static_assert(concepts::HidesSessions<Policy>,
                  "heddle: this backend cannot soft-delete sessions; ask heddle::soft_deletion(backend), which is null "
                  "then, or call delete_session");
    concepts::never_called();
  }
  template <class Unused = void>
  concepts::Lacking restore_session(const Context& /*context*/, const std::string& /*id*/,
                                    const WriteOptions& /*options*/ = {}) requires(!concepts::HidesSessions<Policy>) {
    static_assert(
        concepts::HidesSessions<Policy>,
        "heddle: this backend cannot restore sessions; ask heddle::soft_deletion(backend), which is null then");
    concepts::never_called();
  }
  template <class Unused = void>
  concepts::Lacking purge_deleted_sessions(const Context& /*context*/, std::chrono::seconds /*grace_period*/) requires(
      !concepts::HidesSessions<Policy>) {
    static_assert(
        concepts::HidesSessions<Policy>,
        "heddle: this backend has no soft-deleted sessions to purge; ask heddle::soft_deletion(backend), which is null "
        "then");
    concepts::never_called();
  }

  /// From now on calls `hook` after each deletion of a session. Not undone by closing.
  void add_cleanup_hook(CleanupHook hook);

  /// Appends a message to a session; returns its sequence number.
  std::int64_t save_message(const Context& context, const std::string& session_id, const Message& message,
                            const AppendOptions& options = {});
  /// Appends messages to a session, all of them or none; returns their sequence numbers.
  SequenceRange save_messages(const Context& context, const std::string& session_id, std::span<const Message> messages,
                              const AppendOptions& options = {});
  /// Appends a turn to a session, whole or not at all; returns the sequence numbers of its messages.
  SequenceRange save_turn(const Context& context, const std::string& session_id, const Turn& turn,
                          const AppendOptions& options = {});

  /// Returns a session's messages in order; an empty page if there is no such session.
  [[nodiscard]] Page<Message> load_messages(const Context& context, const std::string& session_id,
                                            const PageRequest& request = {});
  /// Calls `visit(const Message&)` for each message of a session in order, row by row; returns how many there were.
  template <class Visit>
  std::int64_t for_each_message(const Context& context, const std::string& session_id, Visit&& visit) {
    const auto call = [&visit](const Message& message) { visit(message); };
    return visit_messages(context, session_id, MessageVisitor::of(call));
  }
  /// Returns the messages of all sessions of an agent, and what the parents of these sessions let their children see.
  /// Sessions in the order of their creation, messages in the order of their session.
  [[nodiscard]] Page<Message> load_agent_messages(const Context& context, const std::string& agent_id,
                                                  const PageRequest& request = {});
  /// Returns what the parent of a session lets its children see: its coordinator and shared messages, in order.
  [[nodiscard]] Page<Message> load_parent_messages(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {});
  /// Returns messages that match, best first; 20 if the request names no limit.
  [[nodiscard]] Page<Message> search_messages(const Context& context, const MessageSearch& search,
                                              const PageRequest& request = {});

  /// Records one execution of a tool.
  void save_tool_execution(const Context& context, const std::string& session_id, const ToolExecution& execution,
                           const WriteOptions& options = {});
  /// Returns the tool executions of a session, in the order in which they were stored.
  [[nodiscard]] Page<ToolExecution> list_tool_executions(const Context& context, const std::string& session_id,
                                                         const PageRequest& request = {});
  /// Stores a snapshot of a session's text; returns its id.
  std::string save_snapshot(const Context& context, const MemorySnapshot& snapshot, const WriteOptions& options = {});
  /// Returns the snapshots of one type of a session, oldest first.
  [[nodiscard]] Page<MemorySnapshot> load_snapshots(const Context& context, const std::string& session_id,
                                                    const std::string& type, const PageRequest& request = {});
  /// Forgets the tenant's idempotency keys that were first used before this time; returns how many.
  std::int64_t purge_idempotency_keys(const Context& context, Timestamp before);
  /// Returns what the tenant has stored, in numbers.
  [[nodiscard]] SessionStatistics statistics(const Context& context);

 private:
  std::int64_t visit_messages(const Context& context, const std::string& session_id, MessageVisitor visit);

  Gateway& gateway_;
  stores::detail::CleanupHooks hooks_;
};

}  // namespace heddle
