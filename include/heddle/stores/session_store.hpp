#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/concepts/message_visitor.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/concepts/session_mistakes.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/model/open_tool_call.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/session_list.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/options.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/time.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace heddle {
namespace stores::detail {
template <class Policy, class Gateway, class Sessions>
class Retention;
}  // namespace stores::detail

namespace erasure {
struct Access;
}  // namespace erasure

/// Sessions with their messages, tool executions and snapshots, on any backend. Satisfies SessionStorage, which
/// specifies each operation. Many threads may use it.
template <class Policy, class Tracer>
class SessionStore : private concepts::SessionMistakes {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  SessionStore(Gateway& gateway, std::int64_t search_candidates)
      : gateway_(gateway), search_candidates_(search_candidates) {}
  /// For a copy: a use does not compile and the error says what to write.
  template <std::same_as<SessionStore> Other>
  SessionStore(Other& other) : gateway_(other.gateway_) {  // NOLINT(google-explicit-constructor)
    static_assert(!std::same_as<Other, SessionStore>,
                  "heddle: a store is not copied: auto& sessions = backend.session_storage()");
  }

  using SessionMistakes::delete_session;
  using SessionMistakes::load_messages;
  using SessionMistakes::load_session;
  using SessionMistakes::save_message;
  using SessionMistakes::save_messages;
  using SessionMistakes::save_session;
  using SessionMistakes::search_messages;

  /// Inserts a session, or replaces it if it still has the revision at which it was loaded; returns its revision.
  std::int64_t save_session(const Context& context, const Session& session, const WriteOptions& options = {});
  /// Inserts a session if its id is new; returns whether it was.
  bool ensure_session(const Context& context, const Session& session, const WriteOptions& options = {});
  /// Changes what the patch names; returns the new revision.
  std::int64_t update_session(const Context& context, const std::string& id, const SessionPatch& patch,
                              const WriteOptions& options = {});
  /// Returns the session with a page of its messages, as of one point in time; nothing if it does not exist.
  [[nodiscard]] std::optional<Session> load_session(const Context& context, const std::string& id,
                                                    const PageRequest& page = {});
  /// Returns ids of the tenant's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_sessions(const Context& context, const PageRequest& request = {});
  /// Returns ids of an agent's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_agent_sessions(const Context& context, const std::string& agent_id,
                                                      const PageRequest& request = {});
  /// Returns the sessions that satisfy the filter, with their columns, last updated first.
  [[nodiscard]] Page<SessionSummary> find_sessions(const Context& context, const SessionFilter& filter,
                                                   const PageRequest& request = {});
  /// Deletes a session with everything that belongs to it, then runs the cleanup hooks; returns false if it does not
  /// exist.
  bool delete_session(const Context& context, const std::string& id, const WriteOptions& options = {});

  /// Hides a session with everything that belongs to it until it is restored or removed; returns false if no visible
  /// session has this id.
  bool soft_delete_session(const Context& context, const std::string& id,
                           const WriteOptions& options = {}) requires concepts::HidesSessions<Policy>;
  /// Makes a hidden session visible again, unchanged; returns false if no hidden session has this id.
  bool restore_session(const Context& context, const std::string& id,
                       const WriteOptions& options = {}) requires concepts::HidesSessions<Policy>;
  /// Permanently removes the sessions of all tenants that have been hidden for at least the grace period, and their
  /// artifact folders, and runs the cleanup hooks for each, with its tenant in the Context; returns the number of
  /// sessions. If a file or a hook fails, it continues with the others and throws the first failure at the end.
  std::int64_t purge_deleted_sessions(const Context& context,
                                      std::chrono::seconds grace_period) requires concepts::HidesSessions<Policy>;

  /// For a policy without soft deletion: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking soft_delete_session(
      const Context& /*context*/, const std::string& /*id*/,
      const WriteOptions& /*options*/ = {}) requires(!concepts::HidesSessions<Policy>) {
    static_assert(concepts::HidesSessions<Policy>,
                  "heddle: this backend cannot soft-delete sessions; ask heddle::soft_deletion(backend), which is null "
                  "then, or call delete_session");
    concepts::never_called();
  }
  /// For a policy without soft deletion: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking restore_session(const Context& /*context*/, const std::string& /*id*/,
                                    const WriteOptions& /*options*/ = {}) requires(!concepts::HidesSessions<Policy>) {
    static_assert(
        concepts::HidesSessions<Policy>,
        "heddle: this backend cannot restore sessions; ask heddle::soft_deletion(backend), which is null then");
    concepts::never_called();
  }
  /// For a policy without soft deletion: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking purge_deleted_sessions(const Context& /*context*/, std::chrono::seconds /*grace_period*/) requires(
      !concepts::HidesSessions<Policy>) {
    static_assert(
        concepts::HidesSessions<Policy>,
        "heddle: this backend has no soft-deleted sessions to purge; ask heddle::soft_deletion(backend), which is null "
        "then");
    concepts::never_called();
  }

  /// Calls `hook` after each later deletion of a session. Closing does not remove it.
  CleanupHookId add_cleanup_hook(CleanupHook hook);
  /// Removes a hook; returns false if there is none with this id. A call on another thread can be running it still.
  bool remove_cleanup_hook(CleanupHookId id);
  /// Removes the files of a deleted session and runs the hooks once more, after a deletion that could not.
  void clean_up_session(const Context& context, const std::string& id);

  /// Inserts a session that begins with the messages of another one up to a sequence number; returns its revision.
  std::int64_t fork_session(const Context& context, const std::string& source, std::int64_t at, const Session& session,
                            const WriteOptions& options = {});
  /// Hides the messages of a session behind a sequence number; returns where the session ends now.
  SessionEnd rewind_session(const Context& context, const std::string& session_id, std::int64_t to,
                            const AppendOptions& options = {});
  /// Makes a hidden branch the present one, which is hidden in turn; returns where the session ends now.
  SessionEnd restore_branch(const Context& context, const std::string& session_id, std::int64_t branch,
                            const AppendOptions& options = {});
  /// Returns the branches of a session in the order of their numbers.
  [[nodiscard]] Page<Branch> list_branches(const Context& context, const std::string& session_id,
                                           const PageRequest& request = {});

  /// Removes the content of messages from every session that shares them; returns how many there were.
  std::int64_t redact_messages(const Context& context, const std::string& session_id, const SequenceRange& range,
                               const std::string& reason, const WriteOptions& options = {});
  /// Puts a summary in the place of a range of a session's messages, for windows, and stores it as a snapshot; returns
  /// its id.
  std::string fold_messages(const Context& context, const std::string& session_id, const SequenceRange& range,
                            const MemorySnapshot& snapshot, const AppendOptions& options = {});

  /// Appends a message to a session; returns its sequence number.
  std::int64_t save_message(const Context& context, const std::string& session_id, const Message& message,
                            const AppendOptions& options = {});
  /// Appends messages to a session, all or none; returns their sequence numbers.
  SequenceRange save_messages(const Context& context, const std::string& session_id, std::span<const Message> messages,
                              const AppendOptions& options = {});
  /// Appends a turn to a session, whole or not at all; returns the sequence numbers of its messages.
  SequenceRange save_turn(const Context& context, const std::string& session_id, const Turn& turn,
                          const AppendOptions& options = {});

  /// Returns calls of tools without a result, of a session or of all.
  [[nodiscard]] Page<OpenToolCall> open_tool_calls(const Context& context,
                                                   const std::optional<std::string>& session_id = std::nullopt,
                                                   const PageRequest& request = {});
  /// Appends a message with this error as the result to each open call of a session; returns how many there were.
  std::int64_t close_tool_calls(const Context& context, const std::string& session_id, const ToolError& error,
                                const AppendOptions& options = {});

  /// Returns a session's messages in order; an empty page if the session does not exist.
  [[nodiscard]] Page<Message> load_messages(const Context& context, const std::string& session_id,
                                            const PageRequest& request = {});
  /// Returns a session's messages, the newest first, and page by page older ones.
  [[nodiscard]] Page<Message> load_messages_backwards(const Context& context, const std::string& session_id,
                                                      const PageRequest& request = {});
  /// Returns the newest messages of a session that satisfy the conditions of the window.
  [[nodiscard]] LoadedWindow load_messages(const Context& context, const std::string& session_id,
                                           const MessageWindow& window);
  /// Calls `visit(const Message&)` for each message of a session in order, row by row, from a sequence number on, until
  /// it returns false; returns the number of messages.
  template <class Visit>
  std::int64_t for_each_message(const Context& context, const std::string& session_id, Visit&& visit,
                                std::int64_t from = 1) {
    check_message_visitor<Visit>();
    const auto call = [&visit](const Message& message) { return visit(message); };
    return visit_messages(context, session_id, MessageVisitor::of(call), from);
  }
  /// Returns the messages of all sessions of an agent, and the coordinator and shared messages of the parents of these
  /// sessions; sessions in the order of their creation, messages in the order of their session.
  [[nodiscard]] Page<Message> load_agent_messages(const Context& context, const std::string& agent_id,
                                                  const PageRequest& request = {});
  /// Returns the coordinator and shared messages of a session's parent, in order.
  [[nodiscard]] Page<Message> load_parent_messages(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {});
  /// Returns the messages that match, in the order of the search; the default limit is 20.
  [[nodiscard]] FoundMessages search_messages(const Context& context, const MessageSearch& search,
                                              const PageRequest& request = {});

  /// Stores one execution of a tool.
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
  /// Deletes the tenant's idempotency keys that were first used before this time; returns how many.
  std::int64_t purge_idempotency_keys(const Context& context, Timestamp before);
  /// Returns statistics of what the tenant has stored.
  [[nodiscard]] SessionStatistics statistics(const Context& context);
  /// Returns sums of usage, of the messages that name a model or usage.
  [[nodiscard]] Page<UsageSum> usage(const Context& context, const UsageQuery& query = {},
                                     const PageRequest& request = {});

 private:
  friend struct erasure::Access;
  friend class stores::detail::Retention<Policy, Gateway, SessionStore>;

  std::int64_t visit_messages(const Context& context, const std::string& session_id, MessageVisitor visit,
                              std::int64_t from);

  Gateway& gateway_;
  std::int64_t search_candidates_ = 0;
  stores::detail::CleanupHooks hooks_;
};

}  // namespace heddle
