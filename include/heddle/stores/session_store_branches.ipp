// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/stores/session_store_saves.ipp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// The operations of SessionStore on branches and what they share: forks, rewinds, redaction.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_branch{ErrorCode::not_found, "the session",
                                        "has no hidden branch with this number: see list_branches"};

/// Holds the session, makes another branch the present one, and makes the end of the session the Answer.
template <class Policy, class Transaction, class Change>
void change_branch(Transaction& tx, const std::string& session_id, const AppendOptions& options, Change change) {
  const auto& sql = branch_statements<Policy>();
  tx.require(no_such_session.of(session_id), sql.hold, tx.user_id(), session_id);
  require_end<Policy>(tx, session_id, options);
  change(sql);
  tx.require_as_answer(no_such_session.of(session_id), sql.end, tx.user_id(), session_id);
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::fork_session(const Context& context, const std::string& source,
                                                        std::int64_t at, const Session& session,
                                                        const WriteOptions& options) {
  return gateway_.run(context, Operation::fork_session, [&](auto& passage) {
    validation::check_id("source", source);
    validation::check_sequence("at", at);
    stores::detail::check_session(session);
    const stores::detail::SessionWriter<Policy> writer(session);
    return passage
        .write_once(
            options.idempotency_key, session.id,
            [&] { return sql::fingerprint(std::string_view(source), at, session); },
            [&](auto& tx) { writer.fork(tx, source, at); })
        .number;
  });
}

template <class Policy, class Tracer>
SessionEnd SessionStore<Policy, Tracer>::rewind_session(const Context& context, const std::string& session_id,
                                                        std::int64_t to, const AppendOptions& options) {
  return gateway_.run(context, Operation::rewind_session, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    validation::check_sequence("to", to);
    stores::detail::check_expected(options);
    const Timestamp present = now();
    const auto rewind = [&](auto& tx) {
      const std::string_view user = tx.user_id();
      stores::detail::change_branch<Policy>(tx, session_id, options, [&](const auto& sql) {
        tx.require(stores::detail::ends_before.of(session_id), sql.reaches, user, session_id, to);
        tx.run(sql.hide_tail, user, session_id, to, present);
        tx.run(sql.begin_branch, user, session_id, to);
        tx.run(sql.share_start, user, session_id, to);
        tx.run(sql.fold_start, user, session_id, to);
        tx.run(sql.show_start, user, session_id, to, present);
      });
    };
    return sql::session_end::unpacked(passage
                                          .write_once(
                                              options.idempotency_key, session_id,
                                              [&] { return sql::fingerprint(std::string_view(session_id), to); },
                                              rewind)
                                          .number);
  });
}

template <class Policy, class Tracer>
SessionEnd SessionStore<Policy, Tracer>::restore_branch(const Context& context, const std::string& session_id,
                                                        std::int64_t branch, const AppendOptions& options) {
  return gateway_.run(context, Operation::restore_branch, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    stores::detail::check_expected(options);
    const Timestamp present = now();
    const auto restore = [&](auto& tx) {
      const std::string_view user = tx.user_id();
      stores::detail::change_branch<Policy>(tx, session_id, options, [&](const auto& sql) {
        tx.require(stores::detail::no_such_branch.of(session_id), sql.is_hidden, user, session_id, branch);
        tx.run(sql.hide_present, user, session_id, present);
        tx.run(sql.show_hidden, user, session_id, branch, present);
        tx.run(sql.reveal, user, session_id);
      });
    };
    return sql::session_end::unpacked(passage
                                          .write_once(
                                              options.idempotency_key, session_id,
                                              [&] { return sql::fingerprint(std::string_view(session_id), branch); },
                                              restore)
                                          .number);
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::redact_messages(const Context& context, const std::string& session_id,
                                                           const SequenceRange& range, const std::string& reason,
                                                           const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::redact_messages, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    validation::check_sequence("range.first", range.first);
    validation::check_sequence("range.last", range.last);
    if (range.last < range.first) { validation::refuse("range", "is empty"); }
    validation::check_text("reason", reason, limits::name);
    return passage
        .write_once(
            options.idempotency_key, session_id,
            [&] {
              return sql::fingerprint(std::string_view(session_id), range.first, range.last, std::string_view(reason));
            },
            [&](auto& tx) {
              const auto& sql = stores::detail::branch_statements<Policy>();
              tx.require(stores::detail::no_such_session.of(session_id), sql.hold, tx.user_id(), session_id);
              // For an engine that can: others leave it to their vacuum.
              if constexpr (requires { tx.erase_bytes(); }) { tx.erase_bytes(); }
              tx.run(sql.end_streams, tx.user_id(), session_id, range.first, range.last);
              tx.run(sql.forget_calls, tx.user_id(), session_id, range.first, range.last);
              tx.run_as_answer(sql.redact, tx.user_id(), session_id, range.first, range.last, reason);
            })
        .number;
  });
}

template <class Policy, class Tracer>
Page<Branch> SessionStore<Policy, Tracer>::list_branches(const Context& context, const std::string& session_id,
                                                         const PageRequest& request) {
  return gateway_.run(context, Operation::list_branches, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const sql::ListPage page(sql::Listing::branches, request, sql::default_limit, {}, session_id);
    return passage.read([&](auto& tx) {
      auto rows = tx.page(stores::detail::branch_statements<Policy>().list, tx.user_id(), session_id, page.start().at,
                          page.rows());
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const Branch& last) { return sql::Position{last.branch, {}}; });
      };
    });
  });
}

}  // namespace heddle
