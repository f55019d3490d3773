#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/context.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace heddle {

/// Sessions with their messages, tool executions and snapshots.
///
/// For every operation: it works for the tenant of the Context only, and an id of another tenant behaves like one that
/// is not there. Input is checked before anything is sent (`invalid_argument`). It throws Error and nothing else. A
/// write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. All
/// operations may be called by many threads at once.
///
///  - `save_session` inserts, or updates name, agent, parent and context. `created_at` stays what it was. The totals
///    never go back: a save takes the larger of the stored and the given one, and every saved message adds its tokens
///    and cost. A parent that is not there is `not_found`.
///  - `load_session` answers the session with the first page of its messages, both at one point in time; nothing if
///    there is none. `messages.next` is not empty if there are more.
///  - `list_sessions`, `list_agent_sessions` answer ids, last updated first. A session that is updated between two
///    pages moves to the front and may be missed or met again.
///  - `delete_session` removes the session, its messages, executions, snapshots, errors, artifacts with the session's
///    artifact folder, human requests and idempotency keys, then runs the cleanup hooks. Children stay and lose their
///    parent. It answers false, and runs no hook, if there was none.
///  - `save_message`, `save_messages`, `save_turn` append, all or nothing; sequence numbers are given in the order of
///    the commits, without a gap. `not_found` if the session does not exist, `conflict` if another sequence was
///    expected, `resource_exhausted` beyond `limits::sequence` messages.
///  - `load_messages` answers them in order of sequence; a session that is not there has none. `for_each_message` does
///    the same without a limit, holding one row at a time (of an in-memory database, all of them); the visitor may use
///    the backend. With a connection pool it holds one connection and each call inside takes another one; where that
///    can never come, because all are held by such visitors, the call inside fails with `resource_exhausted`.
///  - `load_agent_messages` answers the messages of all sessions of an agent and the coordinator and shared messages of
///    their parents, sessions in order of creation; `load_parent_messages` those of one session's parent.
///  - `search_messages`: see MessageSearch. Best match first; what "best" is differs between backends, the set does
///    not.
///  - `save_tool_execution`, `list_tool_executions`: in the order in which they were stored.
///  - `save_snapshot` answers the id (made if empty; `already_exists` if taken); `load_snapshots` oldest first.
///  - `purge_idempotency_keys` forgets the tenant's keys that were first used before a time: for operators, well after
///    the last retry that can still come.
///  - `statistics` counts what the tenant has. A sum of tokens is exact, or the most that its number holds; the last
///    digits of a sum of costs depend on the order of summation and can differ between backends.
///
/// Costs come back to the last bit, but for minus zero, which is zero.
template <class T>
concept SessionStorage = requires(T& store, const Context& context, const Session& session, const Message& message,
                                  const Turn& turn, const ToolExecution& execution, const MemorySnapshot& snapshot,
                                  const MessageSearch& search, const std::string& id, std::span<const Message> messages,
                                  const PageRequest& page, const WriteOptions& options, const AppendOptions& append,
                                  CleanupHook hook, void (*visit)(const Message&)) {
  store.save_session(context, session, options);
  { store.load_session(context, id, page) } -> std::same_as<std::optional<Session>>;
  { store.list_sessions(context, page) } -> std::same_as<Page<std::string>>;
  { store.list_agent_sessions(context, id, page) } -> std::same_as<Page<std::string>>;
  { store.delete_session(context, id, options) } -> std::same_as<bool>;
  store.add_cleanup_hook(hook);
  { store.save_message(context, id, message, append) } -> std::same_as<std::int64_t>;
  { store.save_messages(context, id, messages, append) } -> std::same_as<SequenceRange>;
  { store.save_turn(context, id, turn, append) } -> std::same_as<SequenceRange>;
  { store.load_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.for_each_message(context, id, visit) } -> std::same_as<std::int64_t>;
  { store.load_agent_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.load_parent_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.search_messages(context, search, page) } -> std::same_as<Page<Message>>;
  store.save_tool_execution(context, id, execution, options);
  { store.list_tool_executions(context, id, page) } -> std::same_as<Page<ToolExecution>>;
  { store.save_snapshot(context, snapshot, options) } -> std::same_as<std::string>;
  { store.load_snapshots(context, id, id, page) } -> std::same_as<Page<MemorySnapshot>>;
  { store.purge_idempotency_keys(context, Timestamp{}) } -> std::same_as<std::int64_t>;
  { store.statistics(context) } -> std::same_as<SessionStatistics>;
};

}  // namespace heddle
