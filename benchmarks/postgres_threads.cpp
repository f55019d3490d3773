// 16 threads save messages over 8 connections, in rotated rounds, over the Unix socket and over a network with a round
// trip of 1 ms: `heddle`, and `reference`, the statements of OneByOne on as many connections.
//
//     postgres_threads NAME [SECONDS OF A ROUND]     NAME: of the server, in the results
#include "corpus.hpp"
#include "crowd.hpp"
#include "postgres_setup.hpp"
#include "support/protocol_proxy.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace {

using benchmarks::numbered;
using benchmarks::PostgresSetup;

constexpr int threads = 16;
constexpr int connections = 8;

/// The connections of the baseline: a thread waits for a free one.
class Connections {
 public:
  explicit Connections(const std::string& dsn) {
    for (int index = 0; index < connections; ++index) {
      free_.push_back(std::make_unique<benchmarks::OneByOne>(PostgresSetup::one_by_one(dsn)));
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

void measure(const char* name, double seconds) {
  PostgresSetup setup;
  support::ProtocolProxy proxy(setup.app_dsn());
  const auto context = heddle::Context::for_user("user");
  std::vector<heddle::Message> messages(4096);
  benchmarks::Corpus corpus;
  for (heddle::Message& message : messages) { message.content = corpus.next(); }
  const auto message = [&](int thread, int number) -> const heddle::Message& {
    return messages[static_cast<std::size_t>(thread * 251 + number) % messages.size()];
  };
  const auto compare = [&](const std::string& task, const std::string& dsn, bool makes_sessions) {
    heddle::Backend<heddle::Postgres> backend(PostgresSetup::config(dsn, connections));
    Connections other(dsn);
    auto& sessions = backend.session_storage();
    for (int thread = 0; makes_sessions && thread < threads; ++thread) {
      const std::string id = numbered("s", thread);
      sessions.save_session(context, {.id = id});
      other.use([&](auto& connection) { connection.save_session("user", id); });
    }
    benchmarks::run_crowds(benchmarks::Comparison(name, 0),
                           {{"reference",
                             {{task, threads,
                               [&](int thread, int number) {
                                 other.use([&](auto& connection) {
                                   connection.save_message("user", numbered("s", thread), message(thread, number));
                                 });
                               }}}},
                            {"heddle",
                             {{task, threads,
                               [&](int thread, int number) {
                                 sessions.save_message(context, numbered("s", thread), message(thread, number));
                               }}}}},
                           15, std::chrono::milliseconds(static_cast<int>(1000 * seconds)));
  };
  compare("16 threads on 8 connections", setup.app_dsn(), true);
  proxy.delay(std::chrono::microseconds(500));
  compare("16 threads on 8 connections, 1 ms away", proxy.dsn(setup.app_dsn()), false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) { return 2; }
  return benchmarks::exit_status([&] { measure(argv[1], argc > 2 ? std::atof(argv[2]) : 0.5); });
}
