#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/connect.hpp"
#include "heddle/postgres/result.hpp"
#include "heddle/postgres/wait.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace heddle::postgres {

/// Hears what other processes announce with NOTIFY, on a thread and a connection of its own, which it opens anew when
/// it is lost. Safe to use from many threads.
class Listener {
 public:
  /// Does nothing before `start`. `where` is the channel, an identifier.
  Listener(std::string dsn, std::string where) : dsn_(std::move(dsn)), channel_(std::move(where)) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { stop(); }

  /// Calls `heard` from now on after each announcement, and whenever one may have been missed. Only the first call, and
  /// none after `stop`, has an effect.
  void start(std::function<void()> heard) {
    if (started_.load(std::memory_order_acquire)) { return; }
    const std::lock_guard lock(mutex_);
    if (stopped_ || started_.load(std::memory_order_relaxed)) { return; }
    heard_ = std::move(heard);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    started_.store(true, std::memory_order_release);
  }

  /// Whether every announcement is heard at present.
  [[nodiscard]] bool is_listening() const noexcept { return listening_.load(std::memory_order_acquire); }

  void stop() noexcept {
    std::jthread thread;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      thread = std::move(thread_);
    }
    // Ends and joins here, without the lock.
  }

 private:
  static constexpr std::chrono::seconds pause_after_failure{1};
  /// How long stopping can take: a stop does not wake poll.
  static constexpr std::chrono::milliseconds slice{200};

  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    while (!stop.stop_requested()) {
      try {
        listen(stop);
      } catch (const Error& error) {
        // Until it is back, whoever waits looks again now and then.
        static_cast<void>(error);
      }
      listening_.store(false, std::memory_order_release);
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, pause_after_failure, [] { return false; });
    }
  }

  void listen(const std::stop_token& stop) {
    const RawConnection connection = connect(dsn_, Context{}.with_stop(stop));
    const Result listening(PQexec(connection.get(), ("LISTEN " + channel_).c_str()));
    if (PQresultStatus(listening.get()) != PGRES_COMMAND_OK) {
      throw Error(ErrorCode::unavailable, "the server does not let us listen");
    }
    listening_.store(true, std::memory_order_release);
    heard_();
    while (!stop.stop_requested()) {
      if (!wait_for_socket(PQsocket(connection.get()), POLLIN, nullptr, Context::Clock::now() + slice)) { continue; }
      if (PQconsumeInput(connection.get()) != 1) { return; }
      bool changed = false;
      while (PGnotify* const notice = PQnotifies(connection.get())) {
        PQfreemem(notice);
        changed = true;
      }
      if (changed) { heard_(); }
    }
  }

  std::string dsn_;
  std::string channel_;
  std::function<void()> heard_;
  std::atomic<bool> started_{false};
  std::atomic<bool> listening_{false};
  std::mutex mutex_;
  bool stopped_ = false;
  std::jthread thread_;
};

}  // namespace heddle::postgres
