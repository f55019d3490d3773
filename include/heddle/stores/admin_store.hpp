#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/options.hpp"

namespace heddle {

/// What an administrator sees of all tenants, on backends with a connection for that. Satisfies what AdministersTenants
/// asks of `admin_storage()`. The tenant of the Context does not count. Without a configured connection every operation
/// is `failed_precondition`. Sessions that are soft-deleted are absent. Safe to use from many threads.
template <class Policy, class TracerType>
class AdminStore {
  using Gateway = detail::calls::Gateway<Policy, TracerType>;

 public:
  /// Made by Backend.
  explicit AdminStore(Gateway& gateway) : gateway_(gateway) {}

  /// Returns sessions of all tenants with their owners, last updated first, and how many there are in total. A session
  /// that is updated between two pages moves to the front and may be missed or met again.
  [[nodiscard]] SessionOverview list_sessions(const Context& context, const PageRequest& request = {});
  /// Returns how many sessions each tenant has, in the order of their ids; tenants without one are absent.
  [[nodiscard]] Page<SessionCount> sessions_per_user(const Context& context, const PageRequest& request = {});
  /// Returns what all tenants have stored, in numbers.
  [[nodiscard]] SystemStatistics statistics(const Context& context);
  /// Returns what the database role of the administrator's connection may do. What it lacks stands in the result and
  /// goes to the tracer as warnings.
  [[nodiscard]] AdminPermissions validate_permissions(const Context& context);

 private:
  Gateway& gateway_;
};

}  // namespace heddle
