// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/handles.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace heddle::postgres::libpq {

/// Asks a server to give up what it is doing for a connection. libpq waits for the server's word on that, over a
/// connection of its own and for as long as it takes, so it does it on a thread of its own.
class CancelRequest {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CancelRequest(PGconn* connection) noexcept {
    try {
      auto state = std::make_shared<State>();
      state->request.reset(PQgetCancel(connection));
      if (!state->request) { return; }
      std::thread([state] { send_and_tell(*state); }).detach();
      state_ = std::move(state);
    } catch (const std::exception& failure) {
      // Without a thread nobody is asked; the statement's own time limit has to do.
      static_cast<void>(failure);
    }
  }

  /// Waits until it has reached the server or come to nothing. False: it may still strike whatever the connection does
  /// next.
  [[nodiscard]] bool wait_until(Clock::time_point until) const {
    if (!state_) { return true; }
    std::unique_lock lock(state_->mutex);
    return state_->over.wait_until(lock, until, [this] { return state_->is_over; });
  }

 private:
  struct State {
    CancelHandle request{};
    std::mutex mutex{};
    std::condition_variable over{};
    bool is_over = false;
  };

  static void send_and_tell(State& state) noexcept {
    send(*state.request);
    const std::lock_guard lock(state.mutex);
    state.is_over = true;
    state.over.notify_all();
  }

  std::shared_ptr<State> state_{};
};

}  // namespace heddle::postgres::libpq
