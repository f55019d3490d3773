// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/pool/limits.hpp"

#include <memory>

namespace heddle::detail::pool {

/// A connection, and its times.
template <class Connection>
struct PooledConnection {
  using TimePoint = Context::Clock::time_point;

  std::unique_ptr<Connection> connection{};  ///< null: the permission to open one
  TimePoint opened_at{};
  TimePoint used_at{};     ///< when a caller returned it last
  TimePoint checked_at{};  ///< when the server last responded on it
  Limits::Duration lifetime = Limits::never;
};

}  // namespace heddle::detail::pool
