#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/options.hpp"

#include <string>

namespace heddle {

/// Administration across all tenants. Satisfies the requirements of AdministersTenants for `admin_storage()`. The
/// tenant of the Context is ignored. Every operation throws `failed_precondition` if the configuration does not let the
/// backend administer. Soft-deleted sessions are not counted. Many threads may use it.
template <class Policy, class TracerType>
class AdminStore {
  using Gateway = detail::calls::Gateway<Policy, TracerType>;

 public:
  /// Made by Backend.
  explicit AdminStore(Gateway& gateway) : gateway_(gateway) {}

  /// Returns sessions of all tenants with their owners, last updated first, and their total number. A session that is
  /// updated between two pages moves to the front and may be missed or returned again.
  [[nodiscard]] SessionOverview list_sessions(const Context& context, const PageRequest& request = {});
  /// Returns the number of sessions of each tenant, in the order of the tenants' ids; tenants without sessions are
  /// omitted.
  [[nodiscard]] Page<SessionCount> sessions_per_user(const Context& context, const PageRequest& request = {});
  /// Returns the ids of the tenants that have anything stored, also hidden sessions only or none, in the order of the
  /// ids. A tenant that has removed all of its artifacts' contents may be among them.
  [[nodiscard]] Page<std::string> list_tenants(const Context& context, const PageRequest& request = {});
  /// Returns statistics of what all tenants have stored.
  [[nodiscard]] SystemStatistics statistics(const Context& context);
  /// Returns the privileges of the administrator: on PostgreSQL, of the database role of its connection. The result
  /// lists what the role lacks, and the tracer gets it as warnings.
  [[nodiscard]] AdminPermissions validate_permissions(const Context& context);

 private:
  Gateway& gateway_;
};

}  // namespace heddle
