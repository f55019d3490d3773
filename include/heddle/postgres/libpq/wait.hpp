// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace heddle::postgres::libpq {

/// Waits until a socket is ready for one of `events` (of poll), until `until`, or until the context is over. Returns
/// true if it is ready. Notices a stop request within 10 ms: a stop token cannot wake poll.
[[nodiscard]] inline bool wait_for_socket(int socket, short events, const Context* context,
                                          std::optional<Context::Clock::time_point> until) {
  using std::chrono::milliseconds;
  constexpr milliseconds slice{10};
  constexpr milliseconds longest = std::chrono::hours(1);
  const bool can_stop = context != nullptr && context->stop.stop_possible();
  if (context != nullptr && context->deadline && (!until || *context->deadline < *until)) { until = context->deadline; }
  for (;;) {
    milliseconds pause = can_stop ? slice : longest;
    if (until) {
      const auto left = std::chrono::ceil<milliseconds>(*until - Context::Clock::now());
      pause = std::clamp(left, milliseconds(0), pause);
    }
    pollfd entry{socket, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(pause.count()));
    if (ready > 0) { return true; }
    if (can_stop && context->stop.stop_requested()) { return false; }
    if (until && Context::Clock::now() >= *until) { return false; }
  }
}

}  // namespace heddle::postgres::libpq
