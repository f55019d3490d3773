#pragma once

#include "heddle/cleanup_hooks.hpp"
#include "heddle/concepts/storage_policy.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/stores/detail/ids_page.hpp"
#include "heddle/stores/detail/message_reader.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/session_purge.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/check.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// Sessions with their messages, tool executions and snapshots, on any backend. Satisfies SessionStorage, which says
/// what each operation means. Safe to use from many threads.
template <class Policy, class Tracer>
class SessionStore : public stores::detail::MessageReader<Policy, Tracer> {
  using Reader = stores::detail::MessageReader<Policy, Tracer>;
  using Writer = stores::detail::MessageWriter<Policy>;
  using Reader::gateway_;

 public:
  using Reader::Reader;

  /// Inserts a session or updates it.
  void save_session(const Context& context, const Session& session, const WriteOptions& options = {}) {
    validation::check_id("session.id", session.id);
    validation::check("session", session);
    validation::check_usage("session", session.total_tokens, session.total_cost_usd);
    if (session.parent_session_id == session.id) { validation::refuse("session.parent_session_id", "is its own id"); }
    using Body = typename Statements::Body;
    gateway_.write_once(
        context, "save_session", options, std::nullopt,
        [&] { return sql::fingerprint(sql::Fields<Session, Statements::stored>{session}); },
        [&](auto& tx) {
          const Timestamp saved_at = now();
          if (session.parent_session_id) {
            tx.require(no_such_parent, messages().number_of_session, tx.user_id(), *session.parent_session_id);
          }
          tx.require(hidden, dialect().save, tx.user_id(), Body{session},
                     session.created_at == Timestamp{} ? saved_at : session.created_at, saved_at,
                     session.total_cost_usd, session.total_tokens);
        });
  }

  /// The session with a page of its messages, at one point in time; nothing if there is none of this id.
  [[nodiscard]] std::optional<Session> load_session(const Context& context, const std::string& id,
                                                    const PageRequest& page = {}) {
    validation::check_id("session id", id);
    const auto query = Reader::session_page(page);
    return gateway_.read(context, "load_session", [&](auto& tx) {
      auto session = tx.one(dialect().find, tx.user_id(), id);
      auto messages = query.run(tx, Reader::dialect().list, id);
      return [session = std::move(session), messages = std::move(messages), &query]() mutable {
        std::optional<Session> loaded = session();
        if (loaded) { loaded->messages = query.page(messages()); }
        return loaded;
      };
    });
  }

  /// Ids of the tenant's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_sessions(const Context& context, const PageRequest& request = {}) {
    const stores::detail::IdsPage page('s', request);
    return gateway_.read(context, "list_sessions", [&](auto& tx) {
      auto rows = tx.all(dialect().list, tx.user_id(), page.before(), page.before_id(), page.limit() + 1);
      return [rows = std::move(rows), &page]() mutable { return page.ids(rows()); };
    });
  }

  /// Ids of an agent's sessions, last updated first.
  [[nodiscard]] Page<std::string> list_agent_sessions(const Context& context, const std::string& agent_id,
                                                      const PageRequest& request = {}) {
    validation::check_text("agent_id", agent_id, limits::id);
    const stores::detail::IdsPage page('a', request);
    return gateway_.read(context, "list_agent_sessions", [&](auto& tx) {
      auto rows =
          tx.all(dialect().list_of_agent, tx.user_id(), agent_id, page.before(), page.before_id(), page.limit() + 1);
      return [rows = std::move(rows), &page]() mutable { return page.ids(rows()); };
    });
  }

  /// Deletes a session with all that hangs on it, then runs the cleanup hooks; false if there was none.
  bool delete_session(const Context& context, const std::string& id, const WriteOptions& options = {}) {
    validation::check_id("session id", id);
    // One operation around all of it: after the commit, neither the deadline nor a closing backend may stop the
    // cleaning.
    return gateway_.pass(context, "delete_session_and_files", [&](const Call& call) {
      const Answer answer = gateway_.write_once(
          context, "delete_session", options, std::nullopt, [&] { return sql::fingerprint(id); },
          [&](auto& tx) {
            tx.run(dialect().detach_children, tx.user_id(), id);
            tx.run_as_answer(dialect().remove, tx.user_id(), id);
          });
      // Not in a repeat: by then the id can be that of another session.
      if (answer.number != 0 && !answer.repeated) { clean_up(call.context, call.user_id, id); }
      return answer.number != 0;
    });
  }

  /// Hides a session with all that hangs on it, until it is restored or removed; false if there was none to be seen.
  bool soft_delete_session(const Context& context, const std::string& id,
                           const WriteOptions& options = {}) requires concepts::HidesSessions<Policy> {
    return change_visibility(context, "soft_delete_session", id, options,
                             [&](auto& tx) { tx.run_as_answer(dialect().soft_remove, tx.user_id(), id, now()); });
  }

  /// Shows a hidden session again, as it was; false if there is none that is hidden.
  bool restore_session(const Context& context, const std::string& id,
                       const WriteOptions& options = {}) requires concepts::HidesSessions<Policy> {
    return change_visibility(context, "restore_session", id, options,
                             [&](auto& tx) { tx.run_as_answer(dialect().restore, tx.user_id(), id); });
  }

  /// Removes sessions of all tenants for good that have been hidden for this long, their artifact folders too, and runs
  /// the cleanup hooks for each, with its tenant in the Context; answers how many. It goes on after a file or a hook
  /// that fails, and throws the first failure in the end.
  std::int64_t purge_deleted_sessions(const Context& context,
                                      std::chrono::seconds grace_period) requires concepts::HidesSessions<Policy> {
    const Timestamp before = stores::detail::grace_began(grace_period);
    return gateway_.manage(context, "purge_deleted_sessions", [&](const Call& call, auto& span) {
      auto work = [&](auto& tx) {
        tx.require(stores::detail::sees_one_tenant, admin().sees_all_tenants);
        auto rows = tx.all(admin().purge_deleted, before, stores::detail::SessionPurge::batch);
        return [rows = std::move(rows)]() mutable { return rows(); };
      };
      Context of_owner = call.context;
      stores::detail::SessionPurge purge;
      purge.run([&] { return gateway_.engine().administer(call, work); },
                [&](const sql::OwnedId& session) {
                  of_owner.user_id = session.user_id;
                  clean_up(of_owner, session.user_id, session.id);
                });
      detail::report_count(span, purge.count());
      purge.rethrow_failure();
      return purge.count();
    });
  }

  /// From now on called after each deletion of a session. Not undone by closing.
  void add_cleanup_hook(CleanupHook hook) { hooks_.add(std::move(hook)); }

  /// Appends a message to a session; answers its sequence number.
  std::int64_t save_message(const Context& context, const std::string& session_id, const Message& message,
                            const WriteOptions& options = {}) {
    return save(context, "save_message", Writer(session_id, {&message, 1}, {}, options), session_id, options).last;
  }

  /// Appends messages to a session, all of them or none; answers their sequence numbers.
  SequenceRange save_messages(const Context& context, const std::string& session_id, std::span<const Message> messages,
                              const WriteOptions& options = {}) {
    return save(context, "save_messages", Writer(session_id, messages, {}, options), session_id, options);
  }

  /// Appends a turn to a session, whole or not at all; answers the sequence numbers of its messages.
  SequenceRange save_turn(const Context& context, const std::string& session_id, const Turn& turn,
                          const WriteOptions& options = {}) {
    return save(context, "save_turn", Writer(session_id, turn.messages, turn.executions, options), session_id, options);
  }

  /// Records one execution of a tool.
  void save_tool_execution(const Context& context, const std::string& session_id, const ToolExecution& execution,
                           const WriteOptions& options = {}) {
    const Writer work(session_id, {}, {&execution, 1}, options);
    gateway_.write_once(
        context, "save_tool_execution", options, session_id, [&work] { return work.fingerprint(); }, work);
  }

  /// The tool executions of a session, in the order in which they were stored.
  [[nodiscard]] Page<ToolExecution> list_tool_executions(const Context& context, const std::string& session_id,
                                                         const PageRequest& request = {}) {
    validation::check_id("session_id", session_id);
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const sql::Position from = sql::read_cursor('x', request.cursor, {});
    return gateway_.read(context, "list_tool_executions", [&](auto& tx) {
      auto rows = tx.all(dialect().list_executions, tx.user_id(), session_id, from.at, limit + 1);
      return [rows = std::move(rows), limit]() mutable { return sql::make_keyed_page('x', rows(), limit); };
    });
  }

  /// Stores a snapshot of a session's text; answers its id.
  std::string save_snapshot(const Context& context, const MemorySnapshot& snapshot, const WriteOptions& options = {}) {
    validation::check("snapshot", snapshot);
    validation::check_id("snapshot.session_id", snapshot.session_id);
    const std::string id = snapshot.id.empty() ? detail::crypto::random_uuid() : snapshot.id;
    return gateway_
        .write_once(
            context, "save_snapshot", options, snapshot.session_id,
            [&] { return sql::fingerprint(sql::Fields<MemorySnapshot>{snapshot}); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, snapshot.session_id);
              tx.require(id_taken, dialect().save_snapshot, tx.user_id(), id, snapshot.session_id,
                         snapshot.snapshot_type, snapshot.content, snapshot.token_count, or_now(snapshot.created_at));
              tx.answer(id);
            })
        .text;
  }

  /// The snapshots of one type of a session, oldest first.
  [[nodiscard]] Page<MemorySnapshot> load_snapshots(const Context& context, const std::string& session_id,
                                                    const std::string& type, const PageRequest& request = {}) {
    validation::check_id("session_id", session_id);
    validation::check_text("snapshot_type", type, limits::text);
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const sql::Position from = sql::read_cursor('n', request.cursor, {sql::before_all, {}});
    return gateway_.read(context, "load_snapshots", [&](auto& tx) {
      auto rows =
          tx.all(dialect().list_snapshots, tx.user_id(), session_id, type, sql::time_of(from), from.id, limit + 1);
      return [rows = std::move(rows), limit]() mutable {
        return sql::make_page('n', rows(), limit, [](const MemorySnapshot& last) {
          return sql::Position{microseconds_of(last.created_at), last.id};
        });
      };
    });
  }

  /// Forgets the tenant's idempotency keys that were first used before this time; answers how many.
  std::int64_t purge_idempotency_keys(const Context& context, Timestamp before) {
    return gateway_.write(context, "purge_idempotency_keys",
                          [&](auto& tx) { return tx.run(dialect().purge_keys, tx.user_id(), before); });
  }

  /// What the tenant has stored.
  [[nodiscard]] SessionStatistics statistics(const Context& context) {
    return gateway_.read(context, "statistics", [&](auto& tx) {
      auto row = tx.one(dialect().statistics, tx.user_id());
      return [row = std::move(row)]() mutable { return row().value_or(SessionStatistics{}); };
    });
  }

 private:
  using Statements = typename Policy::Dialect::Sessions;
  static constexpr Refusal no_such_parent{ErrorCode::not_found, "the parent session does not exist"};
  static constexpr Refusal id_taken{ErrorCode::already_exists, "a snapshot with this id exists already"};

  static constexpr Refusal hidden{ErrorCode::failed_precondition, "the session is deleted; restore it first"};

  static const auto& messages() { return sql::statements<typename Policy::Dialect::Messages>(); }
  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Sessions>(); }

  // Of the policy itself only when it is used: not all have it.
  static const auto& admin() { return sql::statements<typename Policy::Dialect::Admin>(); }

  /// Work that answers by how many sessions it changes.
  template <class Work>
  bool change_visibility(const Context& context, std::string_view operation, const std::string& id,
                         const WriteOptions& options, Work&& work) {
    validation::check_id("session id", id);
    return gateway_
               .write_once(
                   context, operation, options, std::nullopt, [&] { return sql::fingerprint(id); }, work)
               .number != 0;
  }

  /// Removes the files of a deleted session and runs all hooks, whatever fails meanwhile.
  void clean_up(const Context& context, std::string_view user_id, const std::string& id) {
    std::exception_ptr failure;
    try {
      stores::detail::ArtifactFiles(gateway_.engine().artifact_directory()).remove_session(user_id, id);
    } catch (const Error&) { failure = std::current_exception(); }
    hooks_.run(context, id);
    if (failure) { std::rethrow_exception(failure); }
  }

  SequenceRange save(const Context& context, std::string_view operation, const Writer& work,
                     const std::string& session_id, const WriteOptions& options) {
    return work.range(gateway_.append_once(
        context, operation, options, session_id, [&work] { return work.fingerprint(); }, work));
  }

  stores::detail::CleanupHooks hooks_;
};

}  // namespace heddle
