#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/config.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace pool_fakes {

/// A clock that a test moves.
struct FakeClock {
  using TimePoint = heddle::Context::Clock::time_point;

  [[nodiscard]] static TimePoint now() noexcept { return TimePoint(std::chrono::seconds(seconds.load())); }
  static void advance(std::chrono::seconds by) { seconds += by.count(); }

  static inline std::atomic<long> seconds{1'000'000};
};

/// A server that counts its connections.
struct FakeServer {
  std::atomic<int> open{0};
  std::atomic<int> most_open{0};
  std::atomic<int> opened{0};  ///< since the start; also the number of the newest connection
  std::atomic<int> refused{0};
  std::atomic<int> checks{0};
  std::atomic<int> starts{0};
  std::atomic<bool> down{false};    ///< refuses new connections
  std::atomic<int> limit{1000};     ///< how many connections it allows
  std::atomic<bool> silent{false};  ///< does not respond to health checks

  /// Breaks all connections without a notification.
  void restart() { ++starts; }
};

class FakeConnection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server), number_(++server.opened), start_(server.starts) {
    const int now_open = ++server.open;
    int most = server.most_open;
    while (most < now_open && !server.most_open.compare_exchange_weak(most, now_open)) {}
  }
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;
  FakeConnection(FakeConnection&&) = delete;
  FakeConnection& operator=(FakeConnection&&) = delete;
  ~FakeConnection() { --server_.open; }

  [[nodiscard]] bool is_clean() const noexcept { return clean; }
  [[nodiscard]] bool is_alive() const noexcept { return start_ == server_.starts; }
  void check(const heddle::Context&) {
    ++server_.checks;
    if (server_.silent) { throw heddle::Error(heddle::ErrorCode::unavailable, "silence"); }
  }

  [[nodiscard]] static bool is_limit(const heddle::Error& error) { return error.native_code() == "limit"; }
  [[nodiscard]] int number() const noexcept { return number_; }

  bool clean = true;
  int uses = 0;  ///< not atomic on purpose: two users at a time are a data race

 private:
  FakeServer& server_;
  int number_;
  int start_;
};

/// Opens connections to that server.
[[nodiscard]] inline auto connect_to(FakeServer& server) {
  return [&server](const heddle::Context& context) {
    context.check();
    if (server.down) {
      ++server.refused;
      throw heddle::Error(heddle::ErrorCode::unavailable, "down");
    }
    auto connection = std::make_unique<FakeConnection>(server);
    if (server.open > server.limit) {
      connection.reset();
      ++server.refused;
      throw heddle::Error(heddle::ErrorCode::unavailable, "too many", "limit");
    }
    return connection;
  };
}

/// Waits until a condition of another thread is true. ctest ends a test that waits in vain.
template <class Condition>
void await(Condition condition) {
  while (!condition()) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
}

/// Returns the configuration of a pool with up to that many connections and without upkeep.
inline heddle::postgres::PoolConfig at_most(int connections) {
  heddle::postgres::PoolConfig config;
  config.max_connections = connections;
  config.min_connections = 0;
  config.max_idle_time = config.max_lifetime = config.health_check_interval = std::chrono::seconds(0);
  return config;
}

}  // namespace pool_fakes
