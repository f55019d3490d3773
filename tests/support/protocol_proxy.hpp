#pragma once

#include "support/postgres_server.hpp"
#include "support/protocol_frames.hpp"
#include "support/proxy_link.hpp"
#include "support/proxy_sockets.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace support {

/// A proxy between a program and its PostgreSQL server: counts messages, delays them, and cuts connections at a chosen
/// message. Clients connect through a Unix socket without encryption.
class ProtocolProxy {
 public:
  /// `server` is a connection string of the server: `postgres_server()`, or that of any role and database.
  explicit ProtocolProxy(const std::string& server) : server_(server_address(server)) {
    std::string pattern = "/tmp/heddle-proxy.XXXXXX";  // the path of a socket must be short
    if (::mkdtemp(pattern.data()) == nullptr) { throw std::system_error(errno, std::generic_category()); }
    folder_ = pattern;
    start();
  }
  ProtocolProxy(const ProtocolProxy&) = delete;
  ProtocolProxy& operator=(const ProtocolProxy&) = delete;
  ProtocolProxy(ProtocolProxy&&) = delete;
  ProtocolProxy& operator=(ProtocolProxy&&) = delete;
  ~ProtocolProxy() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// Returns the connection string for a connection through this proxy.
  [[nodiscard]] std::string dsn(const std::string& direct) const {
    return with_settings(direct, {{"host", folder_}, {"port", "5432"}});
  }

  [[nodiscard]] Traffic traffic() {
    const std::lock_guard lock(mutex_);
    return plan_.traffic;
  }
  void forget_traffic() {
    const std::lock_guard lock(mutex_);
    plan_.traffic = {};
  }

  /// Delays every message by this time, in both directions.
  void delay(std::chrono::microseconds each_way) {
    const std::lock_guard lock(mutex_);
    plan_.delay = each_way;
  }

  /// Cuts the connection on which the n-th message of this direction comes next, counted from 1 over all connections
  /// and including the messages that establish a connection. `arrival` says whether that message still arrives. Cuts
  /// one connection only.
  void cut_at(Direction direction, int message, Arrival arrival) {
    const std::lock_guard lock(mutex_);
    plan_.cut = Cut{.direction = direction, .messages_left = message, .arrival = arrival};
  }
  void cut_nothing() {
    const std::lock_guard lock(mutex_);
    plan_.cut.reset();
  }
  /// Returns how many connections `cut_at` has cut.
  [[nodiscard]] int cuts() {
    const std::lock_guard lock(mutex_);
    return plan_.cuts;
  }

  /// From now on no message arrives and no connection is closed, as in a network that loses all packets, until `thaw`.
  void freeze(bool frozen = true) {
    frozen_ = frozen;
    wake();
  }
  void thaw() { freeze(false); }

  /// Cuts all connections and accepts no new ones until `start`.
  void stop() {
    if (!thread_.joinable()) { return; }
    stopping_ = true;
    wake();
    thread_.join();
    links_.clear();
    listener_.close();
    std::filesystem::remove(folder_ + "/.s.PGSQL.5432");
  }
  void start() {
    if (thread_.joinable()) { return; }
    stopping_ = false;
    frozen_ = false;
    listener_ = listen_at(folder_ + "/.s.PGSQL.5432");
    thread_ = std::thread([this] { run(); });
  }
  void cut_all() {
    stop();
    start();
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  }

  void run() {
    ::prctl(PR_SET_TIMERSLACK, 1000UL);  // ns: delays are short
    std::vector<pollfd> waiting;
    while (!stopping_) {
      waiting.assign(1, {.fd = wake_.get(), .events = POLLIN, .revents = 0});
      Clock::time_point until = Clock::time_point::max();
      const bool frozen = frozen_;
      if (!frozen) {
        waiting.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
        for (const ProxyLink& link : links_) { link.wait_for(waiting, until); }
      }
      wait(waiting, until);
      if (waiting[0].revents != 0) {
        std::uint64_t count = 0;
        static_cast<void>(!::read(wake_.get(), &count, sizeof count));
      }
      if (frozen || waiting[0].revents != 0) { continue; }
      for (auto link = links_.begin(); link != links_.end();) {
        link->work(plan_, mutex_);
        link = link->done() ? links_.erase(link) : std::next(link);
      }
      if (waiting[1].revents != 0) {
        Socket client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        Socket server = connect_to(server_);
        // Without a server the client's connection is closed.
        if (client.get() >= 0 && server.get() >= 0) { links_.emplace_back(std::move(client), std::move(server)); }
      }
    }
  }

  static void wait(std::vector<pollfd>& waiting, Clock::time_point until) {
    if (until == Clock::time_point::max()) {
      ::ppoll(waiting.data(), waiting.size(), nullptr, nullptr);
      return;
    }
    const auto left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(until - Clock::now()));
    const timespec time{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
    ::ppoll(waiting.data(), waiting.size(), &time, nullptr);
  }

  ServerAddress server_;
  std::string folder_{};
  Socket wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Socket listener_{-1};
  std::list<ProxyLink> links_{};
  std::mutex mutex_{};
  ProxyPlan plan_{};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> frozen_{false};
  std::thread thread_{};
};

}  // namespace support
