#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/time.hpp"
#include "heddle/tracing.hpp"
#include "heddle/validation/text.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle {

/// What an administrator sees of all tenants, on backends with a connection for that. Satisfies what AdministersTenants
/// asks of `admin_storage()`. The tenant of the Context does not count. Without a configured connection every operation
/// is `failed_precondition`. Sessions that are soft-deleted are absent. Safe to use from many threads.
template <class Policy, class TracerType>
class AdminStore {
 public:
  explicit AdminStore(detail::calls::Gateway<Policy, TracerType>& gateway) : gateway_(gateway) {}

  /// Sessions of all tenants with their owners, last updated first, and how many there are in total. A session that is
  /// updated between two pages moves to the front and may be missed or met again.
  [[nodiscard]] SessionOverview list_sessions(const Context& context, const PageRequest& request = {}) {
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const auto [before, before_number] = position_of(request);
    return administer(context, "list_all_sessions", [&, before = before, before_number = before_number](auto& tx) {
      auto rows = tx.all(dialect().list_sessions, before, before_number, limit + 1);
      auto total = tx.one(dialect().count_sessions);
      return [rows = std::move(rows), total = std::move(total), limit]() mutable {
        return overview(rows(), limit, total().value_or(0));
      };
    });
  }

  /// How many sessions each tenant has, in the order of their ids; tenants without one are absent.
  [[nodiscard]] Page<SessionCount> sessions_per_user(const Context& context, const PageRequest& request = {}) {
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const sql::Position from = sql::read_cursor('u', request.cursor, {});
    return administer(context, "sessions_per_user", [&](auto& tx) {
      auto rows = tx.all(dialect().sessions_per_user, from.id, limit + 1);
      return [rows = std::move(rows), limit]() mutable {
        return sql::make_page('u', rows(), limit, [](const SessionCount& last) {
          return sql::Position{0, last.user_id};
        });
      };
    });
  }

  /// What all tenants have stored.
  [[nodiscard]] SystemStatistics statistics(const Context& context) {
    return administer(context, "system_statistics", [](auto& tx) {
      auto row = tx.one(dialect().statistics);
      return [row = std::move(row)]() mutable { return row().value_or(SystemStatistics{}); };
    });
  }

  /// What the database role of the administrator's connection may do. What it lacks stands in the answer and goes to
  /// the tracer as warnings.
  [[nodiscard]] AdminPermissions validate_permissions(const Context& context) {
    return gateway_.manage(context, "validate_permissions", [&](const Call& call, auto& span) {
      auto work = [](auto& tx) {
        auto rows = tx.all(dialect().table_rights);
        return [rows = std::move(rows)]() mutable { return rows(); };
      };
      AdminPermissions permissions = stores::detail::permissions_of(gateway_.engine().administer(call, work));
      for (const auto& problem : permissions.problems) { detail::warn(span, problem); }
      return permissions;
    });
  }

 private:
  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Admin>(); }

  template <class Work>
  auto administer(const Context& context, std::string_view operation, Work&& work) {
    auto checked = [&](auto& tx) {
      tx.require(stores::detail::sees_one_tenant, dialect().sees_all_tenants);
      return work(tx);
    };
    return gateway_.manage(context, operation,
                           [&](const Call& call) { return gateway_.engine().administer(call, checked); });
  }

  /// Behind which time and number the list of sessions goes on.
  static std::pair<Timestamp, std::int64_t> position_of(const PageRequest& request) {
    const sql::Position from = sql::read_cursor(sessions_list, request.cursor, {sql::after_all, {}});
    std::int64_t number = sql::after_all;
    if (!from.id.empty()) {
      const char* const end = from.id.data() + from.id.size();
      const auto parsed = std::from_chars(from.id.data(), end, number);
      if (parsed.ec != std::errc{} || parsed.ptr != end) {
        validation::refuse("page.cursor", "does not come from this list");
      }
    }
    return {sql::time_of(from), number};
  }

  static SessionOverview overview(std::vector<sql::Keyed<Session>> rows, std::int64_t limit, std::int64_t total) {
    auto page = sql::make_page(sessions_list, std::move(rows), limit, [](const sql::Keyed<Session>& last) {
      return sql::Position{microseconds_of(last.row.updated_at), std::to_string(last.key)};
    });
    SessionOverview overview{{{}, std::move(page.next)}, total};
    overview.sessions.items.reserve(page.items.size());
    for (auto& each : page.items) { overview.sessions.items.push_back(std::move(each.row)); }
    return overview;
  }

  static constexpr char sessions_list = 'o';

  detail::calls::Gateway<Policy, TracerType>& gateway_;
};

}  // namespace heddle
