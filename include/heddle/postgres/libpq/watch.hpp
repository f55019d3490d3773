// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/libpq/cancel.hpp"
#include "heddle/postgres/libpq/handles.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace heddle::postgres::libpq {

/// Ends blocking statements of a connection when a context is over: asks the server to cancel after a stop request, and
/// shuts the socket down if the server does not respond. At the deadline the server's own time limit comes first.
class Watch {
 public:
  /// Precondition: the connection and the context outlive the object.
  Watch(PGconn* connection, const Context& context)
      : context_(context), request_(PQgetCancel(connection)), socket_(::dup(PQsocket(connection))) {
    if (!context.deadline && !context.stop.stop_possible()) { return; }
    woken_.emplace(context.stop, Wake{*this});
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& failure) {
      // Without a thread, statements end by the server's own time limit.
      static_cast<void>(failure);
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  Watch(Watch&&) = delete;
  Watch& operator=(Watch&&) = delete;
  ~Watch() {
    woken_.reset();
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) { thread_.join(); }
    if (socket_ >= 0) { ::close(socket_); }
  }

 private:
  using Clock = Context::Clock;

  /// How long the server may take to respond after the end of the context.
  static constexpr std::chrono::seconds patience{5};

  struct Wake {
    Watch& watch;
    void operator()() const noexcept {
      {
        const std::lock_guard lock(watch.mutex_);
        watch.stopped_ = true;
      }
      watch.changed_.notify_all();
    }
  };

  void run() {
    std::unique_lock lock(mutex_);
    wait_until(lock, context_.deadline, [this] { return finished_ || stopped_; });
    if (finished_) { return; }
    // Not this thread: sending blocks while the server does not respond.
    if (stopped_ && request_) { cancel_.emplace(std::move(request_)); }
    wait_until(lock, Clock::now() + patience, [this] { return finished_; });
    // A descriptor of our own: libpq closes its own one when the connection breaks.
    if (!finished_) { ::shutdown(socket_, SHUT_RDWR); }
  }

  template <class Condition>
  void wait_until(std::unique_lock<std::mutex>& lock, std::optional<Clock::time_point> until, Condition condition) {
    if (until) {
      changed_.wait_until(lock, *until, condition);
    } else {
      changed_.wait(lock, condition);
    }
  }

  const Context& context_;
  CancelHandle request_;
  int socket_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool stopped_ = false;
  bool finished_ = false;
  std::optional<CancelRequest> cancel_{};
  std::optional<std::stop_callback<Wake>> woken_{};
  std::thread thread_{};
};

}  // namespace heddle::postgres::libpq
