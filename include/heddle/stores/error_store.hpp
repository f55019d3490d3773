#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/error_text.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace heddle {

/// Errors of tools, kept in full, on any backend. Satisfies ErrorStorage, which says what each operation means. Safe to
/// use from many threads.
template <class Policy, class Tracer>
class ErrorStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  explicit ErrorStore(Gateway& gateway) : gateway_(gateway) {}

  /// Keeps an error; answers its id.
  std::string store(const Context& context, const StoredError& error, const WriteOptions& options = {}) {
    check(error);
    const Texts texts{stores::detail::as_json(error.raw_error),
                      error.short_summary.empty() ? stores::detail::summary_of(error.raw_error) : error.short_summary};
    const Timestamp time = or_now(error.timestamp);
    if (!error.id.empty()) { return store_as(error.id, context, error, time, texts, options); }
    for (int attempt = 1;; ++attempt) {
      // If an id that was made here is taken, another one does as well. Six digits are few for one second of a tool
      // that fails in a loop: before an error is lost, they become more.
      const std::string id = stores::detail::make_error_id(time, attempt < enough_attempts ? short_id : long_id);
      try {
        return store_as(id, context, error, time, texts, options);
      } catch (const Error& failure) {
        if (failure.code() != ErrorCode::already_exists || attempt > enough_attempts) { throw; }
      }
    }
  }

  /// The error of this id; nothing if there is none.
  [[nodiscard]] std::optional<StoredError> get(const Context& context, const std::string& id) {
    validation::check_id("error id", id);
    return gateway_.read(context, "get_error", [&](auto& tx) { return tx.one(dialect().find, tx.user_id(), id); });
  }

  /// The errors that pass the filter, newest first.
  [[nodiscard]] Page<StoredError> list(const Context& context, const ErrorFilter& filter = {},
                                       const PageRequest& request = {}) {
    if (filter.session_id) { validation::check_id("filter.session_id", *filter.session_id); }
    if (filter.tool_name) { validation::check_text("filter.tool_name", *filter.tool_name, limits::id); }
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const Timestamp from = filter.from.value_or(Timestamp::min());
    const sql::Position end{microseconds_of(filter.until.value_or(Timestamp::max())), {}};
    sql::Position position = sql::read_cursor('e', request.cursor, end);
    if (position.at >= end.at) { position = end; }
    const Timestamp before = sql::time_of(position);
    return gateway_.read(context, "list_errors", [&](auto& tx) {
      auto rows = filter.session_id  ? tx.all(dialect().list_of_session, tx.user_id(), *filter.session_id,
                                              filter.tool_name, from, before, position.id, limit + 1)
                  : filter.tool_name ? tx.all(dialect().list_of_tool, tx.user_id(), *filter.tool_name, from, before,
                                              position.id, limit + 1)
                                     : tx.all(dialect().list, tx.user_id(), from, before, position.id, limit + 1);
      return [rows = std::move(rows), limit]() mutable {
        return sql::make_page('e', rows(), limit, [](const StoredError& last) {
          return sql::Position{microseconds_of(last.timestamp), last.id};
        });
      };
    });
  }

 private:
  struct Texts {
    std::string raw_error{};
    std::string short_summary{};
  };

  static constexpr Refusal id_taken{ErrorCode::already_exists, "an error with this id exists already"};
  /// Random digits of an id: as everybody expects them, and if several of these were taken.
  static constexpr std::size_t short_id = 6;
  static constexpr std::size_t long_id = 16;
  static constexpr int enough_attempts = 8;

  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Errors>(); }

  static void check(const StoredError& error) {
    validation::check("error", error);
    // These two are shown in lists and narrow them; the tool is part of an index.
    validation::check_text("error.tool_name", error.tool_name, limits::id);
    validation::check_text("error.short_summary", error.short_summary, limits::name);
    validation::check_time("error.timestamp", error.timestamp);
    if (error.session_id) { validation::check_id("error.session_id", *error.session_id); }
  }

  std::string store_as(const std::string& id, const Context& context, const StoredError& error, Timestamp time,
                       const Texts& texts, const WriteOptions& options) {
    return gateway_
        .write_once(
            context, "store_error", options, error.session_id,
            [&] { return sql::fingerprint(sql::Fields<StoredError>{error}); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, error.session_id);
              tx.require(id_taken, dialect().insert, tx.user_id(), id, time, error.session_id, error.tool_name,
                         texts.raw_error, texts.short_summary);
              tx.answer(id);
            })
        .text;
  }

  Gateway& gateway_;
};

}  // namespace heddle
