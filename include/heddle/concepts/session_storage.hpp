#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/context.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/model/open_tool_call.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/session_list.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace heddle {

/// Sessions with their messages, tool executions and snapshots.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error,
/// and what a hook or a visitor of the caller throws. A write that returned is stored; a write that threw has changed
/// nothing, unless the error is `in_doubt()` or this comment says otherwise. Many threads may call all operations at
/// once.
///
///  - Nothing is overwritten that the caller did not name. `ensure_session` inserts a session if its id is new, else it
///    changes nothing; returns whether it inserted. `update_session` changes the members that its patch names, and of
///    the context those that its merge patch (RFC 7396) names; returns the new revision. It reads, then writes at the
///    revision that it has read, and begins again if another call came between: on PostgreSQL two round trips. Throws
///    `not_found` if the session does not exist.
///  - `save_session` writes a session as a whole and returns its revision. With revision 0 it inserts; if a session
///  with
///    the id exists, it changes nothing if name, agent, parent and context are the same and the stored totals are not
///    smaller, else throws `conflict`. With the revision of a loaded session it replaces name, agent, parent and
///    context; throws `conflict` if the session has another revision by now, `not_found` if it does not exist.
///  - Of all three: `created_at` is set once. The totals never decrease: a save stores the larger of the stored and the
///    given value, and every saved message adds its tokens and cost, none of which is negative. Throws `not_found` if
///    the parent does not exist, `invalid_argument` if it is the session itself or one of its descendants. A revision
///    counts changes of name, agent, parent and context; a write that changes none of them does not count. A repeat
///    under an idempotency key of version 0.1 returns revision 0.
///  - `load_session` returns the session with a page of its messages, both as of one point in time; nothing if
///    it does not exist. `messages.next` is not empty if there are more: that page ends early as well, see PageRequest.
///  - `list_sessions` and `list_agent_sessions` return ids, last updated first. A session that is updated between two
///    pages moves to the front and may be missed or returned again.
///  - `find_sessions` returns sessions as rows, with a preview of their last messages, those of a filter, last or first
///    updated first. It compares numbers in contexts by value, however they are written (SessionFilter). The same holds
///    for a session that is updated between two pages.
///  - `delete_session` removes the session, its messages, sums of usage, executions, snapshots, errors, artifacts with
///    the session's artifact folder, human requests and idempotency keys, then runs the cleanup hooks. Child sessions
///    stay and have no parent then. Returns false, and runs no hook, if the session does not exist. If files cannot be
///    removed (`permission_denied`, `unavailable`) or a hook throws, it does the rest and throws the first of these
///    failures; the session is deleted then. A repeat with the idempotency key removes no files and runs no hooks,
///    because the id can be that of a newer session. After such an error, and after an error that was in doubt or a
///    crash, `clean_up_session` removes the files and runs all hooks again; throws `failed_precondition` if the session
///    exists.
///  - `fork_session` inserts a session that begins with the messages of another one up to the sequence number `at`;
///    returns its revision. Nothing is copied: both share these messages, under the ids of both, until they are
///    deleted. What is appended to the source afterwards is not in the fork; deleting or rewinding the source takes
///    nothing from it. The fork has the name, agent, parent and context that are given, not those of the source, and
///    does not name it. A fork has messages only: no executions, snapshots, errors, artifacts or requests, and its
///    totals begin with those that are given. Throws `not_found` if the source does not exist, `invalid_argument` if
///    it ends before `at`, `already_exists` if the id is in use.
///  - `rewind_session` hides the messages behind the sequence number `to`; appending continues at `to + 1`. The session
///    has another branch then, and what it hid is a branch, too, which `list_branches` lists and `restore_branch` makes
///    the present one again. Both return where the session ends; the totals of tokens and cost stay. `list_branches`
///    returns none for a session that does not exist. A rewind to where the session ends changes nothing. Throws
///    `not_found` if the session does not exist or has no such hidden branch, `invalid_argument` if the session ends
///    before `to`, `conflict` if it does not end where it is expected to. Cursors of `load_session`,
///    `load_messages` and `load_parent_messages` throw `conflict` afterwards, and so does a repeat of a write with an
///    idempotency key whose messages are hidden. A cursor of `load_agent_messages` continues behind the sequence number
///    that it has reached, whatever the branch.
///  - `redact_messages` removes the content of the messages in a range of the present branch for a reason: text,
///    parts, calls, results and metadata. They stay as messages with their sequence and role, and with the reason in
///    `redacted`; no session that shares them and no search has the content any more. The branch of the range is not
///    looked at: what a rewind has hidden stays as it is; restore each branch of `list_branches` and redact there,
///    too. On SQLite the bytes leave the files in short steps behind the calls: see Scrubs. Tool executions, snapshots
///    and the summaries of folds are records of their own and stay. Returns the number of messages in the range. Throws
///    `not_found` if the session does not exist.
///  - `fold_messages` puts a summary, the content of the snapshot, in the place of a range of messages of the present
///    branch: a window shows it instead of them (MessageWindow), everything else reads them as before. The summary is
///    stored as a snapshot of the session, too; returns its id (generated if empty). A range may contain earlier folds,
///    which the new one takes in, or lie in one; the same range again replaces its summary. A rewind to before the end
///    of a fold unfolds it, and the folds inside it that end before are shown again; `restore_branch` shows what the
///    branch showed. A fork has the folds of its source that end at or before `at`, and keeps them when the source is
///    deleted. The range's `branch` is not looked at: name the end that was read as `expected`, so that no summary
///    stands for messages that came after a rewind. Throws `not_found` if the session does not exist,
///    `invalid_argument` if the range is empty or the session ends before it, `already_exists` if the given id is in
///    use, `conflict` if the range has a part of an earlier fold but not all of it, or if the session does not end
///    where it is expected to. Nothing keeps a range from ending between the call of a tool and its result: a window
///    leaves out a result directly behind the fold, but not a call directly before it.
///  - `save_message`, `save_messages` and `save_turn` append, all or nothing; sequence numbers are assigned in the
///    order of the commits, without a gap. Throws `not_found` if the session does not exist, `conflict` if it does not
///    end where it is expected to, and `resource_exhausted` beyond `limits::sequence` messages.
///  - `open_tool_calls` returns the calls of tools without a result, of one session or of all: after a crash, for
///    instance. A result ends the newest open call with its id before it, as ids repeat and some providers give none.
///    It looks at the present branches; a redacted call is not open, a redacted result still ends its call. It reads
///    one short row for each call and result of the sessions, and of messages those with open calls. In the order of
///    the sessions' creation and of their messages; a page continues by its number of rows. `close_tool_calls` appends
///    a message of the role `tool` to a session for each open call, in their order, with the error as `tool_result` and
///    its message as `content`; returns how many. Throws `not_found` if the session does not exist, `conflict` if it
///    does not end where it is expected to.
///  - A message is given by its `parts`, or, if it has none, by `content`, `content_blocks`, `tool_calls`,
///    `tool_use_id` and `tool_result`. If it has parts, a write ignores these five, and a read fills them in from the
///    parts: `content` is the texts, joined by newlines; `tool_calls` are the calls; `tool_use_id` and `tool_result`
///    are the first tool result; `content_blocks` are the texts and the images, if there is an image with data or a
///    URL. So a program that knows no parts reads every message, and a message that was read and is saved again is
///    stored the same. A message that was saved without parts is read without parts; `parts_of`
///    (heddle/model/parts_of.hpp) returns the parts of any message. A message without a text part has no text; one with
///    the part `Part::of_text("")` has an empty text. Parts are what a model or a provider wrote: kept in their order
///    and byte for byte, JSON text that is none as well. `invalid_argument` only says that a text is too long
///    (`limits::of` a member, `limits::text` for all text parts together) or not UTF-8 without NUL.
///  - `usage` returns the sums of the messages that name a model or usage, grouped by session, agent, model and UTC
///    day of their timestamps, as the query says; by day, then session, agent, model. They are kept with the messages,
///    so that the call reads one stored row for each session, model and day that the query selects, and no message. A
///    message counts for the session that wrote it, also when it is hidden or redacted, until that session is deleted;
///    a fork counts what was appended to it. A page continues by its number of rows: a sum that comes into being
///    between two pages can move others. A token is counted in `usage`, or in `token_count` of the totals, or in both,
///    as the program says: nothing adds one to the other.
///  - `load_messages` returns messages in order of sequence; none for a session that does not exist.
///    `load_messages_backwards` does the same with the newest first; what is appended between two pages is not in them.
///    `for_each_message`
///    does the same from a sequence number on, until the visitor returns false, without a limit, with one row in memory
///    at a time (all rows for an in-memory database). The visitor may use the backend. With a connection pool,
///    `for_each_message` holds one connection and each call inside uses another; such a call throws
///    `resource_exhausted` if visitors hold all connections, so that none can become free. A slow visitor is dear, as
///    it keeps one state of the database readable: beside it SQLite's write-ahead log grows with every write (beyond
///    `visitor_log_bytes` the call throws `resource_exhausted`), and PostgreSQL cannot remove dead rows of any table
///    (its `xmin` stays). Read pages, or collect and work afterwards, where a message takes long. With a MessageWindow
///    `load_messages` returns the newest messages that a request to a model has room for. It reads these and no earlier
///    ones, nor those under a fold, unless the window has roles: then all down to the last that it returns. A window
///    that has more bytes than a page may have begins later.
///  - `load_agent_messages` returns the messages of all sessions of an agent and the coordinator and shared messages of
///    their parents, sessions in order of creation; `load_parent_messages` returns the coordinator and shared messages
///    of one session's parent.
///  - `search_messages`: see MessageSearch. A message that forks share is found once: in the session that wrote it, or
///    else in the oldest one that has it. The newest first is one order; the ranking of the best differs between
///    backends, the set of matches does not.
///  - `save_tool_execution` stores an execution; `list_tool_executions` returns them in the order in which they were
///    stored.
///  - `save_snapshot` returns the id (generated if empty); throws `already_exists` if the given id is in use.
///    `load_snapshots` returns the oldest first.
///  - `purge_idempotency_keys` deletes the tenant's keys that were first used before a time. Choose a time well before
///    the oldest write that can still be retried.
///  - `statistics` counts what the tenant has stored. A sum of tokens is exact, or the largest number of its type; the
///    last digits of a sum of costs depend on the order of summation and can differ between backends.
///
/// Costs are returned exactly as stored, but for minus zero, which is returned as zero.
template <class T>
concept SessionStorage = requires(T& store, const Context& context, const Session& session,
                                  const SessionPatch& session_patch, const Message& message, const Turn& turn,
                                  const SequenceRange& range, const ToolExecution& execution,
                                  const MemorySnapshot& snapshot, const MessageSearch& search, const std::string& id,
                                  const std::optional<std::string>& optional_id, const ToolError& error,
                                  std::int64_t sequence, std::span<const Message> messages, const PageRequest& page,
                                  const MessageWindow& window, const UsageQuery& usage, const SessionFilter& filter,
                                  const WriteOptions& options, const AppendOptions& append, CleanupHook hook,
                                  CleanupHookId hook_id, void (*visit)(const Message&)) {
  { store.save_session(context, session, options) } -> std::same_as<std::int64_t>;
  { store.ensure_session(context, session, options) } -> std::same_as<bool>;
  { store.update_session(context, id, session_patch, options) } -> std::same_as<std::int64_t>;
  { store.load_session(context, id, page) } -> std::same_as<std::optional<Session>>;
  { store.list_sessions(context, page) } -> std::same_as<Page<std::string>>;
  { store.list_agent_sessions(context, id, page) } -> std::same_as<Page<std::string>>;
  { store.find_sessions(context, filter, page) } -> std::same_as<Page<SessionSummary>>;
  { store.delete_session(context, id, options) } -> std::same_as<bool>;
  { store.add_cleanup_hook(hook) } -> std::same_as<CleanupHookId>;
  { store.remove_cleanup_hook(hook_id) } -> std::same_as<bool>;
  store.clean_up_session(context, id);
  { store.fork_session(context, id, sequence, session, options) } -> std::same_as<std::int64_t>;
  { store.rewind_session(context, id, sequence, append) } -> std::same_as<SessionEnd>;
  { store.restore_branch(context, id, sequence, append) } -> std::same_as<SessionEnd>;
  { store.list_branches(context, id, page) } -> std::same_as<Page<Branch>>;
  { store.redact_messages(context, id, range, id, options) } -> std::same_as<std::int64_t>;
  { store.fold_messages(context, id, range, snapshot, append) } -> std::same_as<std::string>;
  { store.save_message(context, id, message, append) } -> std::same_as<std::int64_t>;
  { store.save_messages(context, id, messages, append) } -> std::same_as<SequenceRange>;
  { store.save_turn(context, id, turn, append) } -> std::same_as<SequenceRange>;
  { store.open_tool_calls(context, optional_id, page) } -> std::same_as<Page<OpenToolCall>>;
  { store.close_tool_calls(context, id, error, append) } -> std::same_as<std::int64_t>;
  { store.load_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.load_messages_backwards(context, id, page) } -> std::same_as<Page<Message>>;
  { store.load_messages(context, id, window) } -> std::same_as<LoadedWindow>;
  { store.for_each_message(context, id, visit) } -> std::same_as<std::int64_t>;
  { store.load_agent_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.load_parent_messages(context, id, page) } -> std::same_as<Page<Message>>;
  { store.search_messages(context, search, page) } -> std::same_as<FoundMessages>;
  store.save_tool_execution(context, id, execution, options);
  { store.list_tool_executions(context, id, page) } -> std::same_as<Page<ToolExecution>>;
  { store.save_snapshot(context, snapshot, options) } -> std::same_as<std::string>;
  { store.load_snapshots(context, id, id, page) } -> std::same_as<Page<MemorySnapshot>>;
  { store.purge_idempotency_keys(context, Timestamp{}) } -> std::same_as<std::int64_t>;
  { store.statistics(context) } -> std::same_as<SessionStatistics>;
  { store.usage(context, usage, page) } -> std::same_as<Page<UsageSum>>;
};

}  // namespace heddle
