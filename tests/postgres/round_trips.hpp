#pragma once

#include "support/protocol_proxy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>

namespace support {

/// Returns how often the client waited for the server, which it does only after Sync, Flush or a simple query.
inline int round_trips_of(const Traffic& traffic) {
  const auto waits = std::count_if(traffic.to_server.begin(), traffic.to_server.end(),
                                   [](char type) { return type == 'S' || type == 'H' || type == 'Q'; });
  CHECK(traffic.ready == waits);
  // The server responds to the first of many commands while the last ones are being sent.
  constexpr std::size_t few = 100;
  if (traffic.to_server.size() < few) { CHECK(traffic.turns == waits); }
  return static_cast<int>(waits);
}

/// Returns how often the client waits in a call.
template <class Call>
int round_trips(ProtocolProxy& proxy, Call&& call) {
  proxy.forget_traffic();
  call();
  return round_trips_of(proxy.traffic());
}

}  // namespace support
