// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/model/session.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/admin_store.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/session_overview.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace heddle {
namespace stores::detail {

template <class Policy>
[[nodiscard]] const auto& admin_statements() {
  return sql::statements<typename Policy::Dialect::Admin>();
}

/// Runs `work`, which only reads, over the administration connection. Throws `permission_denied` if its role does not
/// see all tenants.
template <class Policy, class Passage, class Work>
auto oversee(Passage& passage, Work&& work) {
  return passage.oversee([&](auto& tx) {
    tx.require(sees_one_tenant, admin_statements<Policy>().sees_all_tenants);
    return work(tx);
  });
}

}  // namespace stores::detail

template <class Policy, class TracerType>
SessionOverview AdminStore<Policy, TracerType>::list_sessions(const Context& context, const PageRequest& request) {
  return gateway_.manage(context, Operation::list_all_sessions, [&](auto& passage) {
    const stores::detail::SessionOverviewPage page(request);
    return stores::detail::oversee<Policy>(passage, [&](auto& tx) {
      const auto& statements = stores::detail::admin_statements<Policy>();
      auto total = tx.one(statements.count_sessions);
      auto rows = tx.page(statements.list_sessions, page.before(), page.before_number(), page.rows());
      return [rows = std::move(rows), total = std::move(total), &page]() mutable {
        return page.overview(rows(), total().value_or(0));
      };
    });
  });
}

template <class Policy, class TracerType>
Page<SessionCount> AdminStore<Policy, TracerType>::sessions_per_user(const Context& context,
                                                                     const PageRequest& request) {
  return gateway_.manage(context, Operation::sessions_per_user, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::users, request, sql::default_limit, {});
    return stores::detail::oversee<Policy>(passage, [&](auto& tx) {
      auto rows = tx.all(stores::detail::admin_statements<Policy>().sessions_per_user, page.start().id, page.rows());
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const SessionCount& last) { return sql::Position{0, last.user_id}; });
      };
    });
  });
}

template <class Policy, class TracerType>
Page<std::string> AdminStore<Policy, TracerType>::list_tenants(const Context& context, const PageRequest& request) {
  return gateway_.manage(context, Operation::list_tenants, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::tenants, request, sql::default_limit, {});
    return stores::detail::oversee<Policy>(passage, [&](auto& tx) {
      auto rows = tx.all(stores::detail::admin_statements<Policy>().list_tenants, page.start().id, page.rows());
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const std::string& last) { return sql::Position{0, last}; });
      };
    });
  });
}

template <class Policy, class TracerType>
SystemStatistics AdminStore<Policy, TracerType>::statistics(const Context& context) {
  return gateway_.manage(context, Operation::system_statistics, [&](auto& passage) {
    return stores::detail::oversee<Policy>(passage, [&](auto& tx) {
      auto row = tx.one(stores::detail::admin_statements<Policy>().statistics);
      return [row = std::move(row)]() mutable { return row().value_or(SystemStatistics{}); };
    });
  });
}

template <class Policy, class TracerType>
AdminPermissions AdminStore<Policy, TracerType>::validate_permissions(const Context& context) {
  return gateway_.manage(context, Operation::validate_permissions, [&](auto& passage) {
    AdminPermissions permissions = stores::detail::permissions_of(passage.oversee([](auto& tx) {
      auto rows = tx.all(stores::detail::admin_statements<Policy>().table_rights);
      return [rows = std::move(rows)]() mutable { return rows(); };
    }));
    for (const auto& problem : permissions.problems) { passage.warn(problem); }
    return permissions;
  });
}

}  // namespace heddle
