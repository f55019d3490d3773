#pragma once

#include "heddle/context.hpp"
#include "postgres/outages/cuts.hpp"
#include "support/protocol_proxy.hpp"

#include <doctest/doctest.h>

#include <string>

namespace cuts {

/// Calls `attempt(tenant)`, each time for another tenant that `prepare(tenant)` has made, and cuts the connection at
/// one of the messages, every `stride`-th, until the call ends before the cut; then calls `check(tenant, fate)`.
/// `place` has a function that ends all connections behind the proxy. Returns how often the connection was cut.
template <class Place, class Prepare, class Attempt, class Check>
int cut_in_turn(Place& place, support::ProtocolProxy& proxy, int stride, Prepare prepare, Attempt attempt,
                Check check) {
  using support::Arrival;
  using support::Direction;
  int rounds = 0;
  int cuts = 0;
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    for (const auto arrival : {Arrival::is_lost, Arrival::arrives}) {
      bool was_cut = true;
      // Other messages for each of them.
      for (int at = 1 + rounds % stride; was_cut; at += stride) {
        CAPTURE(at);
        const auto tenant = heddle::Context::for_user("tenant " + std::to_string(++rounds));
        prepare(tenant);
        place.cut_all_and_wait();
        const int before = proxy.cuts();
        proxy.cut_at(direction, at, arrival);
        const Fate fate = fate_of([&] { attempt(tenant); });
        proxy.cut_nothing();
        was_cut = proxy.cuts() != before;
        place.cut_all_and_wait();
        cuts += was_cut ? 1 : 0;
        if (!was_cut) { CHECK(fate.acknowledged); }
        check(tenant, fate);
      }
    }
  }
  return cuts;
}

}  // namespace cuts
