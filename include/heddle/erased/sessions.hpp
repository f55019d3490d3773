#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/concepts/message_visitor.hpp"
#include "heddle/concepts/session_mistakes.hpp"
#include "heddle/concepts/session_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/model/open_tool_call.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/session_list.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace heddle::erased {

/// The session storage of any backend; satisfies SessionStorage, which specifies each operation. Many threads may use
/// it.
class Sessions : public Interface, private concepts::SessionMistakes {
 public:
  using SessionMistakes::delete_session;
  using SessionMistakes::load_messages;
  using SessionMistakes::load_session;
  using SessionMistakes::save_message;
  using SessionMistakes::save_messages;
  using SessionMistakes::save_session;
  using SessionMistakes::search_messages;

  /// @name Operations, which SessionStorage specifies
  ///@{
  virtual std::int64_t save_session(const Context& context, const Session& session,
                                    const WriteOptions& options = {}) = 0;
  virtual bool ensure_session(const Context& context, const Session& session, const WriteOptions& options = {}) = 0;
  virtual std::int64_t update_session(const Context& context, const std::string& id, const SessionPatch& patch,
                                      const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual std::optional<Session> load_session(const Context& context, const std::string& id,
                                                            const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<std::string> list_sessions(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<std::string> list_agent_sessions(const Context& context, const std::string& agent_id,
                                                              const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<SessionSummary> find_sessions(const Context& context, const SessionFilter& filter,
                                                           const PageRequest& page = {}) = 0;
  virtual bool delete_session(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual CleanupHookId add_cleanup_hook(CleanupHook hook) = 0;
  virtual bool remove_cleanup_hook(CleanupHookId id) = 0;
  virtual void clean_up_session(const Context& context, const std::string& id) = 0;
  virtual std::int64_t fork_session(const Context& context, const std::string& source, std::int64_t at,
                                    const Session& session, const WriteOptions& options = {}) = 0;
  virtual SessionEnd rewind_session(const Context& context, const std::string& session_id, std::int64_t to,
                                    const AppendOptions& options = {}) = 0;
  virtual SessionEnd restore_branch(const Context& context, const std::string& session_id, std::int64_t branch,
                                    const AppendOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<Branch> list_branches(const Context& context, const std::string& session_id,
                                                   const PageRequest& page = {}) = 0;
  virtual std::int64_t redact_messages(const Context& context, const std::string& session_id,
                                       const SequenceRange& range, const std::string& reason,
                                       const WriteOptions& options = {}) = 0;
  virtual std::string fold_messages(const Context& context, const std::string& session_id, const SequenceRange& range,
                                    const MemorySnapshot& snapshot, const AppendOptions& options = {}) = 0;
  virtual std::int64_t save_message(const Context& context, const std::string& session_id, const Message& message,
                                    const AppendOptions& options = {}) = 0;
  virtual SequenceRange save_messages(const Context& context, const std::string& session_id,
                                      std::span<const Message> messages, const AppendOptions& options = {}) = 0;
  virtual SequenceRange save_turn(const Context& context, const std::string& session_id, const Turn& turn,
                                  const AppendOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<OpenToolCall> open_tool_calls(const Context& context,
                                                           const std::optional<std::string>& session_id = std::nullopt,
                                                           const PageRequest& page = {}) = 0;
  virtual std::int64_t close_tool_calls(const Context& context, const std::string& session_id, const ToolError& error,
                                        const AppendOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<Message> load_messages(const Context& context, const std::string& session_id,
                                                    const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<Message> load_messages_backwards(const Context& context, const std::string& session_id,
                                                              const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual LoadedWindow load_messages(const Context& context, const std::string& session_id,
                                                   const MessageWindow& window) = 0;
  /// Calls `visit(const Message&)` for each message of a session in order, from a sequence number on, until it returns
  /// false; returns the number of messages.
  template <class Visit>
  std::int64_t for_each_message(const Context& context, const std::string& session_id, Visit&& visit,
                                std::int64_t from = 1) {
    check_message_visitor<Visit>();
    // The lambda is an object even if `visit` is a function, so its address fits into a `const void*`.
    const auto call = [&visit](const Message& message) { return visit(message); };
    return visit_messages(context, session_id, MessageVisitor::of(call), from);
  }
  [[nodiscard]] virtual Page<Message> load_agent_messages(const Context& context, const std::string& agent_id,
                                                          const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<Message> load_parent_messages(const Context& context, const std::string& session_id,
                                                           const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual FoundMessages search_messages(const Context& context, const MessageSearch& search,
                                                      const PageRequest& page = {}) = 0;
  virtual void save_tool_execution(const Context& context, const std::string& session_id,
                                   const ToolExecution& execution, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<ToolExecution> list_tool_executions(const Context& context, const std::string& session_id,
                                                                 const PageRequest& page = {}) = 0;
  virtual std::string save_snapshot(const Context& context, const MemorySnapshot& snapshot,
                                    const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual Page<MemorySnapshot> load_snapshots(const Context& context, const std::string& session_id,
                                                            const std::string& type, const PageRequest& page = {}) = 0;
  virtual std::int64_t purge_idempotency_keys(const Context& context, Timestamp before) = 0;
  [[nodiscard]] virtual SessionStatistics statistics(const Context& context) = 0;
  [[nodiscard]] virtual Page<UsageSum> usage(const Context& context, const UsageQuery& query = {},
                                             const PageRequest& page = {}) = 0;
  ///@}

  /// Only some backends can: a call does not compile and the error says what to write.
  template <class Unused = void>
  concepts::Lacking soft_delete_session(const Context& /*context*/, const std::string& /*id*/,
                                        const WriteOptions& /*options*/ = {}) {
    static_assert(
        !std::is_void_v<Unused>,
        "heddle: only some backends soft-delete sessions: if (auto deletion = heddle::soft_deletion(storage)) "
        "{ deletion->soft_delete_session(context, id); }");
    concepts::never_called();
  }

 private:
  virtual std::int64_t visit_messages(const Context& context, const std::string& session_id, MessageVisitor visitor,
                                      std::int64_t from) = 0;
};

/// Implements `Sessions` with a session storage: a reference to it, or a proxy that is stored here. Derive from it to
/// replace or add single operations.
template <class Storage>
class SessionsModel : public Sessions {
 public:
  explicit SessionsModel(Storage storage) : storage_(std::forward<Storage>(storage)) {}

  std::int64_t save_session(const Context& context, const Session& session, const WriteOptions& options) override {
    return storage_.save_session(context, session, options);
  }
  bool ensure_session(const Context& context, const Session& session, const WriteOptions& options) override {
    return storage_.ensure_session(context, session, options);
  }
  std::int64_t update_session(const Context& context, const std::string& id, const SessionPatch& patch,
                              const WriteOptions& options) override {
    return storage_.update_session(context, id, patch, options);
  }
  std::optional<Session> load_session(const Context& context, const std::string& id, const PageRequest& page) override {
    return storage_.load_session(context, id, page);
  }
  Page<std::string> list_sessions(const Context& context, const PageRequest& page) override {
    return storage_.list_sessions(context, page);
  }
  Page<std::string> list_agent_sessions(const Context& context, const std::string& agent_id,
                                        const PageRequest& page) override {
    return storage_.list_agent_sessions(context, agent_id, page);
  }
  Page<SessionSummary> find_sessions(const Context& context, const SessionFilter& filter,
                                     const PageRequest& page) override {
    return storage_.find_sessions(context, filter, page);
  }
  bool delete_session(const Context& context, const std::string& id, const WriteOptions& options) override {
    return storage_.delete_session(context, id, options);
  }
  CleanupHookId add_cleanup_hook(CleanupHook hook) override { return storage_.add_cleanup_hook(std::move(hook)); }
  bool remove_cleanup_hook(CleanupHookId id) override { return storage_.remove_cleanup_hook(id); }
  void clean_up_session(const Context& context, const std::string& id) override {
    storage_.clean_up_session(context, id);
  }
  std::int64_t fork_session(const Context& context, const std::string& source, std::int64_t at, const Session& session,
                            const WriteOptions& options) override {
    return storage_.fork_session(context, source, at, session, options);
  }
  SessionEnd rewind_session(const Context& context, const std::string& session_id, std::int64_t to,
                            const AppendOptions& options) override {
    return storage_.rewind_session(context, session_id, to, options);
  }
  SessionEnd restore_branch(const Context& context, const std::string& session_id, std::int64_t branch,
                            const AppendOptions& options) override {
    return storage_.restore_branch(context, session_id, branch, options);
  }
  Page<Branch> list_branches(const Context& context, const std::string& session_id, const PageRequest& page) override {
    return storage_.list_branches(context, session_id, page);
  }
  std::int64_t redact_messages(const Context& context, const std::string& session_id, const SequenceRange& range,
                               const std::string& reason, const WriteOptions& options) override {
    return storage_.redact_messages(context, session_id, range, reason, options);
  }
  std::string fold_messages(const Context& context, const std::string& session_id, const SequenceRange& range,
                            const MemorySnapshot& snapshot, const AppendOptions& options) override {
    return storage_.fold_messages(context, session_id, range, snapshot, options);
  }
  std::int64_t save_message(const Context& context, const std::string& session_id, const Message& message,
                            const AppendOptions& options) override {
    return storage_.save_message(context, session_id, message, options);
  }
  SequenceRange save_messages(const Context& context, const std::string& session_id, std::span<const Message> messages,
                              const AppendOptions& options) override {
    return storage_.save_messages(context, session_id, messages, options);
  }
  SequenceRange save_turn(const Context& context, const std::string& session_id, const Turn& turn,
                          const AppendOptions& options) override {
    return storage_.save_turn(context, session_id, turn, options);
  }
  Page<OpenToolCall> open_tool_calls(const Context& context, const std::optional<std::string>& session_id,
                                     const PageRequest& page) override {
    return storage_.open_tool_calls(context, session_id, page);
  }
  std::int64_t close_tool_calls(const Context& context, const std::string& session_id, const ToolError& error,
                                const AppendOptions& options) override {
    return storage_.close_tool_calls(context, session_id, error, options);
  }
  Page<Message> load_messages(const Context& context, const std::string& session_id, const PageRequest& page) override {
    return storage_.load_messages(context, session_id, page);
  }
  Page<Message> load_messages_backwards(const Context& context, const std::string& session_id,
                                        const PageRequest& page) override {
    return storage_.load_messages_backwards(context, session_id, page);
  }
  LoadedWindow load_messages(const Context& context, const std::string& session_id,
                             const MessageWindow& window) override {
    return storage_.load_messages(context, session_id, window);
  }
  Page<Message> load_agent_messages(const Context& context, const std::string& agent_id,
                                    const PageRequest& page) override {
    return storage_.load_agent_messages(context, agent_id, page);
  }
  Page<Message> load_parent_messages(const Context& context, const std::string& session_id,
                                     const PageRequest& page) override {
    return storage_.load_parent_messages(context, session_id, page);
  }
  FoundMessages search_messages(const Context& context, const MessageSearch& search, const PageRequest& page) override {
    return storage_.search_messages(context, search, page);
  }
  void save_tool_execution(const Context& context, const std::string& session_id, const ToolExecution& execution,
                           const WriteOptions& options) override {
    storage_.save_tool_execution(context, session_id, execution, options);
  }
  Page<ToolExecution> list_tool_executions(const Context& context, const std::string& session_id,
                                           const PageRequest& page) override {
    return storage_.list_tool_executions(context, session_id, page);
  }
  std::string save_snapshot(const Context& context, const MemorySnapshot& snapshot,
                            const WriteOptions& options) override {
    return storage_.save_snapshot(context, snapshot, options);
  }
  Page<MemorySnapshot> load_snapshots(const Context& context, const std::string& session_id, const std::string& type,
                                      const PageRequest& page) override {
    return storage_.load_snapshots(context, session_id, type, page);
  }
  std::int64_t purge_idempotency_keys(const Context& context, Timestamp before) override {
    return storage_.purge_idempotency_keys(context, before);
  }
  SessionStatistics statistics(const Context& context) override { return storage_.statistics(context); }
  Page<UsageSum> usage(const Context& context, const UsageQuery& query, const PageRequest& page) override {
    return storage_.usage(context, query, page);
  }

 private:
  std::int64_t visit_messages(const Context& context, const std::string& session_id, MessageVisitor visitor,
                              std::int64_t from) override {
    return storage_.for_each_message(context, session_id, visitor, from);
  }

  Storage storage_;
};

}  // namespace heddle::erased
