// 16 threads save messages over 8 connections: compares Heddle's pool with the statements of OneByOne on as many
// connections, in turn in one process, over the Unix socket and over a network with a round trip of 1 ms.
#include "measure.hpp"
#include "postgres_setup.hpp"
#include "support/protocol_proxy.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int threads = 16;
constexpr int connections = 8;
constexpr int messages = 25;  // of each thread in a round
constexpr int rounds = 15;

/// The connections of the baseline: a thread waits for a free one.
class Connections {
 public:
  explicit Connections(const std::string& dsn) {
    for (int index = 0; index < connections; ++index) {
      free_.push_back(std::make_unique<benchmarks::OneByOne>(benchmarks::PostgresSetup::one_by_one(dsn)));
    }
  }

  void use(const std::function<void(benchmarks::OneByOne&)>& work) {
    std::unique_lock lock(mutex_);
    is_free_.wait(lock, [this] { return !free_.empty(); });
    auto mine = std::move(free_.back());
    free_.pop_back();
    lock.unlock();
    work(*mine);
    lock.lock();
    free_.push_back(std::move(mine));
    is_free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable is_free_;
  std::vector<std::unique_ptr<benchmarks::OneByOne>> free_;
};

using Save = std::function<void(const std::string& session, const heddle::Message&)>;

/// The seconds of each save by all threads, and of all saves together.
struct Times {
  std::vector<double> single{};
  double all = 0;
};

Times run_threads(const Save& save, std::uint32_t seed) {
  Times times;
  std::mutex mutex;
  times.all = benchmarks::seconds([&] {
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        benchmarks::Messages texts(seed + static_cast<std::uint32_t>(thread), 60, messages);
        std::vector<double> mine;
        for (int index = 0; index < messages; ++index) {
          mine.push_back(benchmarks::seconds([&] { save(benchmarks::numbered("s", thread), texts.next()); }));
        }
        const std::lock_guard lock(mutex);
        times.single.insert(times.single.end(), mine.begin(), mine.end());
      });
    }
    for (auto& thread : running) { thread.join(); }
  });
  return times;
}

void compare(const std::string& way, const Save& ours, const Save& theirs) {
  std::vector<double> throughput;
  std::vector<double> slowest;
  double per_second = 0;
  for (int round = -1; round < rounds; ++round) {  // the first one warms up
    Times a;
    Times b;
    const auto first = [&] { a = run_threads(ours, static_cast<std::uint32_t>(100 + round * threads)); };
    const auto second = [&] { b = run_threads(theirs, static_cast<std::uint32_t>(100 + round * threads)); };
    if (round % 2 == 0) {
      first();
      second();
    } else {
      second();
      first();
    }
    if (round < 0) { continue; }
    throughput.push_back(b.all / a.all);
    slowest.push_back(benchmarks::quantile(a.single, 0.99) / benchmarks::quantile(b.single, 0.99));
    per_second += threads * messages / a.all / rounds;
  }
  std::printf("%-60s %6.0f\n", ("16 threads, 8 connections, " + way + ": messages/s").c_str(), per_second);
  benchmarks::print_ratio("  messages/s over one by one", throughput);
  benchmarks::print_ratio("  the slowest of a hundred over one by one", slowest);
}

}  // namespace

int main() {
  benchmarks::PostgresSetup setup;
  support::ProtocolProxy proxy(setup.app_dsn());
  bool made = false;
  for (const char* const way : {"socket", "1 ms"}) {
    const std::string dsn = made ? proxy.dsn(setup.app_dsn()) : setup.app_dsn();
    heddle::Backend<heddle::Postgres> backend(benchmarks::PostgresSetup::config(dsn, connections));
    Connections other(dsn);
    const auto context = heddle::Context::for_user("user");
    for (int thread = 0; !made && thread < threads; ++thread) {
      const std::string id = benchmarks::numbered("s", thread);
      backend.session_storage().save_session(context, {.id = id});
      other.use([&](auto& connection) { connection.save_session("user", id); });
    }
    if (made) { proxy.delay(std::chrono::microseconds(500)); }
    compare(
        way,
        [&](const std::string& id, const heddle::Message& message) {
          backend.session_storage().save_message(context, id, message);
        },
        [&](const std::string& id, const heddle::Message& message) {
          other.use([&](auto& connection) { connection.save_message("user", id, message); });
        });
    made = true;
  }
}
