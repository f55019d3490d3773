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

/// Asks the server to cancel the running statement of a connection. libpq does that over a second connection and blocks
/// until the server has closed it, so it happens on a thread of its own.
class CancelRequest {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CancelRequest(PGconn* connection) noexcept : CancelRequest(CancelHandle(PQgetCancel(connection))) {}
  explicit CancelRequest(CancelHandle request) noexcept {
    if (!request) { return; }
    try {
      auto state = std::make_shared<State>();
      state->request = std::move(request);
      std::thread([state] { send_and_notify(*state); }).detach();
      state_ = std::move(state);
    } catch (const std::exception& failure) {
      // Without a thread nothing is sent: the statement runs until its own time limit.
      static_cast<void>(failure);
    }
  }

  /// Waits until the request has reached the server or failed. Returns false if that takes longer: then the request may
  /// still cancel the next statement of the connection.
  [[nodiscard]] bool wait_until(Clock::time_point until) const {
    if (!state_) { return true; }
    std::unique_lock lock(state_->mutex);
    return state_->completed.wait_until(lock, until, [this] { return state_->is_completed; });
  }

 private:
  struct State {
    CancelHandle request{};
    std::mutex mutex{};
    std::condition_variable completed{};
    bool is_completed = false;
  };

  static void send_and_notify(State& state) noexcept {
    send_cancel(*state.request);
    const std::lock_guard lock(state.mutex);
    state.is_completed = true;
    state.completed.notify_all();
  }

  std::shared_ptr<State> state_{};
};

}  // namespace heddle::postgres::libpq
