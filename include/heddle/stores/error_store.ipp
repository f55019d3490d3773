// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/error_text.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/error_store.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace heddle {
namespace stores::detail {

inline constexpr Refusal error_id_taken{ErrorCode::already_exists, "the error", "exists already: use another id"};

template <class Policy>
[[nodiscard]] const auto& error_statements() {
  return sql::statements<typename Policy::Dialect::Errors>();
}

/// Throws `invalid_argument` for an error that cannot be stored.
inline void check_error(const StoredError& error) {
  validation::check("error", error);
  if (error.session_id) { validation::check_id("error.session_id", *error.session_id); }
}

/// The number of errors that one transaction removes for each member of a retention, as other writers must not wait
/// long.
inline constexpr std::int64_t pruned_at_once = 1000;

/// Throws `invalid_argument` for a retention that keeps everything or makes no sense.
inline void check_retention(const ErrorRetention& retention) {
  if (!retention.older_than && !retention.keep_newest) {
    validation::refuse("retention", "keeps everything: set older_than or keep_newest");
  }
  if (retention.older_than) { validation::check_timeout("retention.older_than", *retention.older_than); }
  if (retention.keep_newest && *retention.keep_newest < 0) {
    validation::refuse("retention.keep_newest", "is negative");
  }
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::string ErrorStore<Policy, Tracer>::store(const Context& context, const StoredError& error,
                                              const WriteOptions& options) {
  return gateway_.run(context, Operation::store_error, [&](auto& passage) {
    StoredError row = error;
    // Its bytes are kept whatever they are; only their number is limited.
    row.raw_error.clear();
    stores::detail::check_error(row);
    validation::check_length("error.raw_error", error.raw_error, limits::text);
    if (row.short_summary.empty()) { row.short_summary = stores::detail::summary_of(repair_text(error.raw_error)); }
    row.timestamp = or_now(error.timestamp);
    row.raw_error = stores::detail::as_json(error.raw_error);
    const auto store_row = [&] {
      return passage
          .write_once(
              options.idempotency_key, error.session_id, [&] { return sql::fingerprint(error); },
              [&](auto& tx) {
                stores::detail::require_session<Policy>(tx, error.session_id);
                tx.require(stores::detail::error_id_taken.of(row.id), stores::detail::error_statements<Policy>().insert,
                           tx.user_id(), sql::Fields<StoredError>{row});
                tx.answer(row.id);
              })
          .text;
    };
    if (!row.id.empty()) { return store_row(); }
    // Six random digits make a short id, but are few for a tool that fails many times in one second. After several
    // collisions the id gets more digits, so that the error is not lost.
    constexpr std::size_t short_id = 6;
    constexpr std::size_t long_id = 16;
    constexpr int attempts_with_short_ids = 7;
    for (int attempt = 1;; ++attempt) {
      const bool is_short = attempt <= attempts_with_short_ids;
      try {
        row.id = stores::detail::make_error_id(row.timestamp, is_short ? short_id : long_id);
        return store_row();
      } catch (const Error& failure) {
        if (failure.code() != ErrorCode::already_exists || attempt > attempts_with_short_ids + 1) { throw; }
      }
    }
  });
}

template <class Policy, class Tracer>
std::optional<StoredError> ErrorStore<Policy, Tracer>::get(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::get_error, [&](auto& passage) {
    validation::check_id("error id", id);
    return passage.read(
        [&](auto& tx) { return tx.one(stores::detail::error_statements<Policy>().find, tx.user_id(), id); });
  });
}

template <class Policy, class Tracer>
bool ErrorStore<Policy, Tracer>::remove(const Context& context, const std::string& id, const WriteOptions& options) {
  return gateway_.run(context, Operation::remove_error, [&](auto& passage) {
    validation::check_id("error id", id);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) { tx.run_as_answer(stores::detail::error_statements<Policy>().remove, tx.user_id(), id); });
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
std::int64_t ErrorStore<Policy, Tracer>::prune(const Context& context, const ErrorRetention& retention,
                                               const WriteOptions& options) {
  return gateway_.run(context, Operation::prune_errors, [&](auto& passage) {
    stores::detail::check_retention(retention);
    const auto& statements = stores::detail::error_statements<Policy>();
    // An age that no error has, if none is given.
    const std::int64_t age = retention.older_than
                                 ? std::chrono::microseconds(*retention.older_than).count()
                                 : std::chrono::microseconds(validation::end_of_times - validation::first_time).count();
    if (!options.idempotency_key.empty()) {
      constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
      return passage
          .write_once(
              options.idempotency_key, std::nullopt,
              [&] { return sql::fingerprint(retention.older_than, retention.keep_newest); },
              [&](auto& tx) {
                retention.keep_newest
                    ? tx.run_as_answer(statements.prune, tx.user_id(), now(), age, *retention.keep_newest, all)
                    : tx.run_as_answer(statements.prune_by_age, tx.user_id(), now(), age, all);
              })
          .number;
    }
    constexpr std::int64_t batch = stores::detail::pruned_at_once;
    std::int64_t all = 0;
    for (std::int64_t removed = batch; removed == batch; all += removed) {
      passage.context().check();
      removed = passage.write([&](auto& tx) {
        return retention.keep_newest ? tx.run(statements.prune, tx.user_id(), now(), age, *retention.keep_newest, batch)
                                     : tx.run(statements.prune_by_age, tx.user_id(), now(), age, batch);
      });
    }
    return all;
  });
}

template <class Policy, class Tracer>
Page<StoredError> ErrorStore<Policy, Tracer>::list(const Context& context, const ErrorFilter& filter,
                                                   const PageRequest& request) {
  return gateway_.run(context, Operation::list_errors, [&](auto& passage) {
    if (filter.session_id) { validation::check_id("filter.session_id", *filter.session_id); }
    if (filter.tool_name) { validation::check_text("filter.tool_name", *filter.tool_name, limits::id); }
    const Timestamp from = filter.from.value_or(Timestamp::min());
    const sql::Position end{microseconds_of(filter.until.value_or(Timestamp::max())), {}};
    const sql::ListPage page(sql::Listing::errors, request, sql::default_limit, end, filter);
    if (!request.cursor.empty() && page.start().at >= end.at) { sql::refuse_cursor(); }
    return passage.read([&](auto& tx) {
      const auto& statements = stores::detail::error_statements<Policy>();
      const sql::TimeWindow window = page.window();
      const sql::Fields<sql::TimeWindow> fields{window};
      auto rows = filter.session_id  ? tx.page(statements.list_of_session, tx.user_id(), *filter.session_id,
                                               filter.tool_name, from, fields)
                  : filter.tool_name ? tx.page(statements.list_of_tool, tx.user_id(), *filter.tool_name, from, fields)
                                     : tx.page(statements.list, tx.user_id(), from, fields);
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const StoredError& last) {
          return sql::Position{microseconds_of(last.timestamp), last.id};
        });
      };
    });
  });
}

}  // namespace heddle
