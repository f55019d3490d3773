// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/hidden_by_import.hpp"
#include "heddle/sql/merge_patch.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <utility>

// The operations of SessionStore that write a session itself.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_parent{ErrorCode::not_found, "the parent session", "does not exist"};
inline constexpr Refusal parents_in_circle{ErrorCode::invalid_argument, "session.parent_session_id",
                                           "must not be the session itself or one of its descendants"};
inline constexpr Refusal session_hidden{ErrorCode::failed_precondition, "the session",
                                        "is soft-deleted: restore it first, or use another id"};
inline constexpr Refusal session_exists{ErrorCode::failed_precondition, "the session",
                                        "is not deleted, so its files and what its hooks remove stay"};
inline constexpr Refusal session_id_taken{ErrorCode::already_exists, "the session",
                                          "exists already: use another id for the fork"};
inline constexpr Refusal ends_before{ErrorCode::invalid_argument, "the session",
                                     "ends before the given sequence number: load it and choose one that it has"};
inline constexpr Refusal session_differs{
    ErrorCode::conflict, "the session",
    "exists already and is another one: ensure_session keeps it as it is, update_session changes what you name, and a "
    "save replaces it with the revision at which it was loaded"};
inline constexpr Refusal session_changed{
    ErrorCode::conflict, "the session",
    "has another revision than the given one: load it again and decide, or name the changes to update_session"};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a session that cannot be stored.
void check_session(const std::same_as<Session> auto& session) {
  validation::check_id("session.id", session.id);
  if (session.id == sql::session_of_import) { validation::refuse("session.id", "is reserved for imports"); }
  validation::check("session", session);
  validation::check_tokens("session.total_tokens", session.total_tokens);
  validation::check_cost("session.total_cost_usd", session.total_cost_usd);
  if (session.revision < 0) { validation::refuse("session.revision", "is negative"); }
  if (session.parent_session_id == session.id) {
    validation::refuse("session.parent_session_id", "must not be the id of the session itself");
  }
}

/// Writes a session as a whole.
template <class Policy>
class SessionWriter {
 public:
  explicit SessionWriter(const Session& session) : session_(session) {}

  /// Inserts the session; its Answer is the revision.
  template <class Transaction>
  void insert(Transaction& tx) const {
    require_not_hidden(tx);
    require_parent(tx);
    tx.require_as_answer(session_differs.of(session_.id), statements_.insert, tx.user_id(), Body{session_},
                         or_now(session_.created_at), saved_at_, Totals{session_});
  }
  /// Inserts the session as one that begins with the messages of another; its Answer is the revision.
  template <class Transaction>
  void fork(Transaction& tx, const std::string& source, std::int64_t at) const {
    const auto& sql = branch_statements<Policy>();
    require_parent(tx);  // locked before its children, as in every other call
    tx.require(no_such_session.of(source), sql.hold, tx.user_id(), source);
    tx.require(ends_before.of(source), sql.reaches, tx.user_id(), source, at);
    tx.require_as_answer(session_id_taken.of(session_.id), sql.insert_fork, tx.user_id(), Body{session_},
                         or_now(session_.created_at), saved_at_, Totals{session_}, at);
    tx.run(sql.share_with, tx.user_id(), source, at, session_.id);
    tx.run(sql.fold_with, tx.user_id(), source, at, session_.id);
  }
  /// Inserts the session if its id is new; its Answer is the number of inserted sessions.
  template <class Transaction>
  void ensure(Transaction& tx) const {
    require_not_hidden(tx);
    require_parent(tx);
    tx.run_as_answer(statements_.ensure, tx.user_id(), Body{session_}, or_now(session_.created_at), saved_at_,
                     Totals{session_});
  }
  /// Replaces the session at its revision; its Answer is the new revision.
  template <class Transaction>
  void replace(Transaction& tx) const {
    require_not_hidden(tx);
    require_session<Policy>(tx, session_.id);
    if (session_.parent_session_id) {
      if constexpr (requires { statements_.hold_parents; }) { tx.run(statements_.hold_parents, tx.user_id()); }
      require_parent(tx);
      tx.require(parents_in_circle.of(*session_.parent_session_id), statements_.no_circle, tx.user_id(), session_.id,
                 *session_.parent_session_id);
    }
    tx.require_as_answer(session_changed.of(session_.id), statements_.replace, tx.user_id(), session_.id,
                         Changeable{session_}, saved_at_, Totals{session_}, session_.revision);
  }

 private:
  using Statements = typename Policy::Dialect::Sessions;
  using Body = sql::Fields<Session, typename Statements::Verbatim>;
  using Changeable = sql::Fields<Session, typename Statements::Changeable>;
  using Totals = sql::Fields<Session, typename Statements::Totals>;

  template <class Transaction>
  void require_not_hidden(Transaction& tx) const {
    tx.require(session_hidden.of(session_.id), statements_.not_hidden, tx.user_id(), session_.id);
  }
  template <class Transaction>
  void require_parent(Transaction& tx) const {
    if (!session_.parent_session_id) { return; }
    tx.require(no_such_parent.of(*session_.parent_session_id), message_statements<Policy>().number_of_session,
               tx.user_id(), *session_.parent_session_id);
  }

  const Session& session_;
  const Timestamp saved_at_ = now();
  const Statements& statements_ = session_statements<Policy>();
};

/// Returns the session with the changes of a patch, at the revision that the patch demands. Throws `invalid_argument`
/// if the result cannot be stored.
[[nodiscard]] Session patched(Session session, const std::same_as<SessionPatch> auto& patch) {
  if (patch.revision != 0) { session.revision = patch.revision; }
  if (patch.name) { session.name = *patch.name; }
  if (patch.agent_id) { session.agent_id = *patch.agent_id; }
  if (patch.parent_session_id) {
    session.parent_session_id =
        patch.parent_session_id->empty() ? std::nullopt : std::optional(*patch.parent_session_id);
  }
  session.context.text = sql::merge_patch(session.context.text, patch.context.text);
  check_session(session);
  return session;
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::save_session(const Context& context, const Session& session,
                                                        const WriteOptions& options) {
  return gateway_.run(context, Operation::save_session, [&](auto& passage) {
    stores::detail::check_session(session);
    const stores::detail::SessionWriter<Policy> writer(session);
    return passage
        .write_once(
            options.idempotency_key, session.id, [&] { return sql::fingerprint(session); },
            [&](auto& tx) { session.revision == 0 ? writer.insert(tx) : writer.replace(tx); })
        .number;
  });
}

template <class Policy, class Tracer>
bool SessionStore<Policy, Tracer>::ensure_session(const Context& context, const Session& session,
                                                  const WriteOptions& options) {
  return gateway_.run(context, Operation::ensure_session, [&](auto& passage) {
    stores::detail::check_session(session);
    const stores::detail::SessionWriter<Policy> writer(session);
    const Answer answer = passage.write_once(
        options.idempotency_key, session.id, [&] { return sql::fingerprint(session); },
        [&](auto& tx) { writer.ensure(tx); });
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::update_session(const Context& context, const std::string& id,
                                                          const SessionPatch& patch, const WriteOptions& options) {
  return gateway_.run(context, Operation::update_session, [&](auto& passage) {
    validation::check_id("session id", id);
    validation::check("patch", patch);
    for (;;) {
      const std::optional<Session> found = passage.read(
          [&](auto& tx) { return tx.one(stores::detail::session_statements<Policy>().find, tx.user_id(), id); });
      if (!found) { throw stores::detail::no_such_session.of(id).error(); }
      const Session session = stores::detail::patched(*found, patch);
      try {
        return passage
            .write_once(
                options.idempotency_key, id, [&] { return sql::fingerprint(std::string_view(id), patch); },
                [&](auto& tx) { stores::detail::SessionWriter<Policy>(session).replace(tx); })
            .number;
      } catch (const Error& error) {
        // Another call has changed the session meanwhile: what this call names still holds for the newer one.
        if (error.code() != ErrorCode::conflict || patch.revision != 0) { throw; }
        passage.context().check();
      }
    }
  });
}

}  // namespace heddle
