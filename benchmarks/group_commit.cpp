// 16 threads save messages with full durability: compares Heddle's group commit with one connection behind a mutex, in
// turn in one process, each with its own database and sessions.
#include "heddle/sqlite.hpp"
#include "measure.hpp"
#include "raw_sqlite.hpp"
#include "text.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int threads = 16;
constexpr int messages = 40;  // of each thread in a round
constexpr int rounds = 15;

void run_threads(const std::function<void(int, const std::string&)>& save, int round) {
  std::vector<std::thread> pool;
  for (int thread = 0; thread < threads; ++thread) {
    pool.emplace_back([&save, thread, round] {
      benchmarks::TextSource source(static_cast<std::uint32_t>(round * threads + thread));
      for (int index = 0; index < messages; ++index) { save(thread, source.next(60)); }
    });
  }
  for (auto& thread : pool) { thread.join(); }
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "heddle-group-commit";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto context = heddle::Context::for_user("user");
  const std::string ours = (folder / "ours.db").string();
  const std::string theirs = (folder / "theirs.db").string();
  std::vector<double> ratios;
  {
    heddle::Backend<heddle::Sqlite> backend({.path = ours});
    heddle::Backend<heddle::Sqlite> other({.path = theirs});
    for (auto* each : {&backend, &other}) {
      each->migrate();
      for (int thread = 0; thread < threads; ++thread) {
        each->session_storage().save_session(context, {.id = benchmarks::numbered("s", thread)});
      }
    }
    benchmarks::RawSqlite raw(theirs, true);
    std::mutex mutex;
    const auto grouped = [&](int thread, const std::string& text) {
      backend.session_storage().save_message(context, benchmarks::numbered("s", thread), {.content = text});
    };
    const auto locked = [&](int thread, const std::string& text) {
      const std::lock_guard lock(mutex);
      raw.save("user", benchmarks::numbered("s", thread), text, heddle::microseconds_of(heddle::now()));
    };
    for (int round = 0; round < rounds; ++round) {
      double a = 0;
      double b = 0;
      const auto first = [&] { a = benchmarks::seconds([&] { run_threads(grouped, round); }); };
      const auto second = [&] { b = benchmarks::seconds([&] { run_threads(locked, round); }); };
      if (round % 2 == 0) {
        first();
        second();
      } else {
        second();
        first();
      }
      ratios.push_back(b / a);
      std::printf("round %2d: group commit %6.0f messages/s, mutex %6.0f messages/s\n", round, threads * messages / a,
                  threads * messages / b);
    }
  }
  benchmarks::print_ratio("16 threads, full durability: group commit over one mutex", ratios);
  std::filesystem::remove_all(folder);
}
