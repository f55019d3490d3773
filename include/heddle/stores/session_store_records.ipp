// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/stores/session_store_messages.ipp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

// The operations of SessionStore on what belongs to a session besides its messages: tool executions, snapshots and sums
// of usage.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal snapshot_id_taken{ErrorCode::already_exists, "the snapshot", "exists already: use another id"};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns the parameters of a query for the rows of a page. They refer to the query.
[[nodiscard]] sql::UsageWindow window_of(const std::same_as<UsageQuery> auto& query, std::int64_t rows,
                                         std::int64_t offset) {
  return {.by_session = query.by_session,
          .by_agent = query.by_agent,
          .by_model = query.by_model,
          .by_day = query.by_day,
          .from = query.from == Timestamp{} ? Timestamp(Timestamp::duration(sql::before_all)) : query.from,
          .until = query.until == Timestamp{} ? Timestamp(Timestamp::duration(sql::after_all)) : query.until,
          .model = query.model,
          .rows = rows,
          .offset = offset};
}

}  // namespace stores::detail

template <class Policy, class Tracer>
void SessionStore<Policy, Tracer>::save_tool_execution(const Context& context, const std::string& session_id,
                                                       const ToolExecution& execution, const WriteOptions& options) {
  gateway_.run(context, Operation::save_tool_execution, [&](auto& passage) {
    const AppendOptions anywhere{options.idempotency_key};
    const stores::detail::TurnWriter<Policy> work(session_id, {}, {&execution, 1}, anywhere);
    static_cast<void>(stores::detail::append(passage, work, session_id, anywhere));
  });
}

template <class Policy, class Tracer>
Page<ToolExecution> SessionStore<Policy, Tracer>::list_tool_executions(const Context& context,
                                                                       const std::string& session_id,
                                                                       const PageRequest& request) {
  return gateway_.run(context, Operation::list_tool_executions, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const sql::ListPage page(sql::Listing::executions, request, sql::default_limit, {}, session_id);
    return passage.read([&](auto& tx) {
      auto rows = tx.page(stores::detail::session_statements<Policy>().list_executions, tx.user_id(), session_id,
                          page.start().at, page.rows());
      return [rows = std::move(rows), &page]() mutable { return page.of_keyed(rows()); };
    });
  });
}

template <class Policy, class Tracer>
std::string SessionStore<Policy, Tracer>::save_snapshot(const Context& context, const MemorySnapshot& snapshot,
                                                        const WriteOptions& options) {
  return gateway_.run(context, Operation::save_snapshot, [&](auto& passage) {
    validation::check("snapshot", snapshot);
    validation::check_id("snapshot.session_id", snapshot.session_id);
    using SnapshotBody = sql::Fields<MemorySnapshot, typename Policy::Dialect::Sessions::SnapshotVerbatim>;
    const std::string id = snapshot.id.empty() ? detail::crypto::random_uuid() : snapshot.id;
    return passage
        .write_once(
            options.idempotency_key, snapshot.session_id, [&] { return sql::fingerprint(snapshot); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, snapshot.session_id);
              tx.require(stores::detail::snapshot_id_taken.of(id),
                         stores::detail::session_statements<Policy>().save_snapshot, tx.user_id(), id,
                         SnapshotBody{snapshot}, or_now(snapshot.created_at));
              tx.answer(id);
            })
        .text;
  });
}

template <class Policy, class Tracer>
Page<MemorySnapshot> SessionStore<Policy, Tracer>::load_snapshots(const Context& context, const std::string& session_id,
                                                                  const std::string& type, const PageRequest& request) {
  return gateway_.run(context, Operation::load_snapshots, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    validation::check_text("snapshot_type", type, limits::text);
    const sql::ListPage page(sql::Listing::snapshots, request, sql::default_limit, {sql::before_all, {}}, session_id,
                             type);
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.page(stores::detail::session_statements<Policy>().list_snapshots, tx.user_id(), session_id, type,
                          sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const MemorySnapshot& last) {
          return sql::Position{microseconds_of(last.created_at), last.id};
        });
      };
    });
  });
}

template <class Policy, class Tracer>
Page<UsageSum> SessionStore<Policy, Tracer>::usage(const Context& context, const UsageQuery& query,
                                                   const PageRequest& request) {
  return gateway_.run(context, Operation::usage, [&](auto& passage) {
    validation::check("query", query);
    if (query.session_id) { validation::check_id("query.session_id", *query.session_id); }
    const sql::ListPage page(sql::Listing::usage, request, sql::default_limit, {}, query);
    const sql::UsageWindow window = stores::detail::window_of(query, page.rows(), page.offset());
    return passage.read([&](auto& tx) {
      using Lists = typename Policy::Dialect::Messages::UsageLists;
      const auto& statements = sql::statements<Lists>();
      const sql::Fields<sql::UsageWindow> parameters{window};
      auto rows = query.session_id
                      ? tx.page(statements.of_session, tx.user_id(), parameters, *query.session_id, query.agent_id)
                  : query.agent_id ? tx.page(statements.of_agent, tx.user_id(), parameters, *query.agent_id)
                                   : tx.page(statements.of_tenant, tx.user_id(), parameters);
      return [rows = std::move(rows), &page]() mutable { return page.of_offset(rows()); };
    });
  });
}

}  // namespace heddle
