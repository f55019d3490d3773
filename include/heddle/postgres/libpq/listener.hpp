// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/wait.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace heddle::postgres::libpq {

/// Receives the notifications of a channel (NOTIFY) from all processes, on a thread and a connection of its own.
/// Reconnects when the connection is lost. Safe to use from many threads.
class Listener {
 public:
  /// Does not connect. `channel` must be a valid SQL identifier.
  Listener(std::string dsn, std::string channel) : dsn_(std::move(dsn)), channel_(std::move(channel)) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { stop(); }

  /// Is called with the topic of each notification, and with an empty topic after some may have been missed.
  using Callback = std::function<void(std::string_view topic)>;

  /// Starts to call `on_topic`. Only the first call has an effect, and none after `stop`. If no thread can be started,
  /// does nothing, and the next call tries again.
  void start(Callback on_topic) {
    if (started_.load(std::memory_order_acquire)) { return; }
    const std::lock_guard lock(mutex_);
    if (stopped_ || started_.load(std::memory_order_relaxed)) { return; }
    on_topic_ = std::move(on_topic);
    try {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
      started_.store(true, std::memory_order_release);
    } catch (const std::system_error& failure) {
      // Without notifications, waiting calls poll.
      static_cast<void>(failure);
    }
  }

  /// Returns true if notifications arrive at present.
  [[nodiscard]] bool is_listening() const noexcept { return listening_.load(std::memory_order_acquire); }

  void stop() noexcept {
    std::jthread thread;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      thread = std::move(thread_);
    }
    // The destructor of `thread` stops and joins it here, without the lock.
  }

 private:
  static constexpr std::chrono::seconds pause_after_failure{1};
  /// How long the server may take to respond.
  static constexpr std::chrono::seconds patience{10};
  /// How long stopping can take: a stop request does not wake poll.
  static constexpr std::chrono::milliseconds slice{200};

  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    while (!stop.stop_requested()) {
      try {
        listen(stop);
      } catch (...) {
        // Until the next attempt succeeds, waiting calls poll.
      }
      listening_.store(false, std::memory_order_release);
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, pause_after_failure, [] { return false; });
    }
  }

  void listen(const std::stop_token& stop) {
    const RawConnection connection = connect(dsn_, Context{}.with_stop(stop));
    subscribe(connection.get(), Context{}.with_timeout(patience).with_stop(stop));
    listening_.store(true, std::memory_order_release);
    on_topic_({});
    while (!stop.stop_requested()) {
      if (!wait_for_socket(PQsocket(connection.get()), POLLIN, nullptr, Context::Clock::now() + slice)) { continue; }
      if (PQconsumeInput(connection.get()) != 1) { return; }
      while (const Notice notice{PQnotifies(connection.get())}) {
        // Any role may send any payload: an empty one must not mean what an empty topic means.
        if (const std::string_view topic = notice->extra; !topic.empty()) { on_topic_(topic); }
      }
    }
  }

  /// Does not use PQexec, which would block `stop` if the server does not respond.
  void subscribe(PGconn* connection, const Context& context) const {
    const auto require = [](bool success) {
      if (!success) { throw Error(ErrorCode::unavailable, "the server rejected LISTEN"); }
    };
    require(PQsendQuery(connection, ("LISTEN " + channel_).c_str()) == 1);
    for (;;) {
      while (PQisBusy(connection) != 0) {
        if (!wait_for_socket(PQsocket(connection), POLLIN, &context, std::nullopt)) { context.check(); }
        require(PQconsumeInput(connection) == 1);
      }
      const Result result(PQgetResult(connection));
      if (!result) { return; }
      require(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
    }
  }

  std::string dsn_;
  std::string channel_;
  Callback on_topic_;
  std::atomic<bool> started_{false};
  std::atomic<bool> listening_{false};
  std::mutex mutex_;
  bool stopped_ = false;
  std::jthread thread_;
};

}  // namespace heddle::postgres::libpq
