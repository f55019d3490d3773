#pragma once

#include <csignal>
#include <cstdlib>
#include <stop_token>
#include <thread>

#include <pthread.h>
#include <signal.h>

namespace command {

/// Turns ^C and SIGTERM into a request to stop; the second one ends the program at once. To be made before any other
/// thread, which then do not get these signals.
class Interrupt {
 public:
  Interrupt() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGINT);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, end_of_watch);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A handler may call next to nothing; a thread may request the stop.
    thread_ = std::thread([this] { watch(); });
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  Interrupt(Interrupt&&) = delete;
  Interrupt& operator=(Interrupt&&) = delete;
  ~Interrupt() {
    ::pthread_kill(thread_.native_handle(), end_of_watch);
    thread_.join();
  }

  [[nodiscard]] std::stop_token token() const noexcept { return stop_.get_token(); }

 private:
  static constexpr int end_of_watch = SIGUSR2;

  void watch() {
    for (int signal = 0; ::sigwait(&signals_, &signal) == 0;) {
      if (signal == end_of_watch) { return; }
      if (!stop_.request_stop()) { std::_Exit(128 + signal); }
    }
  }

  sigset_t signals_{};
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace command
