#pragma once

#include "heddle/error.hpp"
#include "postgres/proxied_backend.hpp"

#include <doctest/doctest.h>

#include <string>

/// Connections that are cut at every message of the protocol.
namespace cuts {

/// The outcome of a call that the fault may have hit.
struct Fate {
  bool acknowledged = false;
  bool in_doubt = false;
};

template <class Action>
Fate fate_of(Action action) {
  try {
    action();
    return {.acknowledged = true};
  } catch (const heddle::Error& error) {
    CHECK(error.code() == heddle::ErrorCode::unavailable);
    CHECK(error.retryable());
    CHECK(std::string(error.what()).find("dbname") == std::string::npos);
    return {.in_doubt = error.in_doubt()};
  }
}

/// Whether the connection exists before the call, with prepared statements, or the call opens it.
enum class Start { warm, cold };

/// Cuts the connection at the n-th message of `action(name)`, for every `stride`-th n, until the action ends before the
/// cut; calls `check(name, fate)` each time.
template <class Action, class Check>
void cut_at_every_message(support::ProxiedBackend& here, Start start, Action action, Check check, int stride = 1) {
  using support::Arrival;
  using support::Direction;
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    for (const auto arrival : {Arrival::is_lost, Arrival::arrives}) {
      int cuts = 1;
      int step = 0;
      for (; cuts != 0; step += stride) {
        REQUIRE(step < 1000);
        const std::string name = std::to_string(static_cast<int>(start)) + std::to_string(static_cast<int>(direction)) +
                                 std::to_string(static_cast<int>(arrival)) + "-" + std::to_string(step);
        CAPTURE(name);
        here.cut_all_and_wait();
        if (start == Start::warm) { action("warm-" + name); }
        const int before = here.proxy().cuts();
        here.proxy().cut_at(direction, step + 1, arrival);
        const Fate fate = fate_of([&] { action(name); });
        here.proxy().cut_nothing();
        cuts = here.proxy().cuts() - before;
        here.cut_all_and_wait();
        check(name, fate);
        if (cuts == 0) { CHECK(fate.acknowledged); }
      }
      CHECK(step > 5);
    }
  }
}

}  // namespace cuts
