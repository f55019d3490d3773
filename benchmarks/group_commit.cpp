// 16 threads save messages with full durability, one after the other of these in rotated rounds: `reference`, the
// schema and statements of the server that Heddle was written for on one connection behind a mutex; `raw`, those of
// Heddle likewise, which never fills the full-text index; `heddle`.
//
//     group_commit [SECONDS [SECONDS OF A BURST]]
//
// A burst is short: the index is filled behind it, not measured. Then Heddle and the reference save for so many seconds
// each, the filling of the index included; 60 if none are given, 0 for none.
#include "corpus.hpp"
#include "crowd.hpp"
#include "heddle/sqlite.hpp"
#include "reference_sqlite.hpp"
#include "sqlite_file.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

namespace {

using benchmarks::numbered;

constexpr int threads = 16;

void save_sessions(heddle::Backend<heddle::Sqlite>& backend, const heddle::Context& context) {
  backend.migrate();
  for (int thread = 0; thread < threads; ++thread) {
    backend.session_storage().save_session(context, {.id = numbered("s", thread)});
  }
}

void measure(double sustained, double burst) {
  const support::TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const auto context = heddle::Context::for_user("user");
  benchmarks::Commits::count();
  heddle::Backend<heddle::Sqlite> backend({.path = path("heddle.db")});
  save_sessions(backend, context);
  const benchmarks::Observer observer(path("heddle.db"));
  {
    heddle::Backend<heddle::Sqlite> other({.path = path("raw.db")});
    save_sessions(other, context);
  }
  benchmarks::RawSqlite raw(path("raw.db"), true);
  benchmarks::ReferenceSqlite reference(path("reference.db"), true);
  for (int thread = 0; thread < threads; ++thread) { reference.save_session(numbered("s", thread)); }

  const std::vector<std::string> texts = benchmarks::Corpus().take(4096);
  const auto text = [&](int thread, int number) -> const std::string& {
    return texts[static_cast<std::size_t>(thread * 251 + number) % texts.size()];
  };
  std::mutex mutex;
  std::int64_t second = 0;
  const auto by_reference = [&](int thread, int number) {
    const std::lock_guard lock(mutex);
    reference.save(numbered("s", thread), text(thread, number), ++second);
  };
  const auto by_raw = [&](int thread, int number) {
    const std::lock_guard lock(mutex);
    raw.save("user", numbered("s", thread), text(thread, number), heddle::microseconds_of(heddle::now()));
  };
  std::atomic<std::int64_t> saved = 0;
  std::int64_t commits = 0;
  const auto by_heddle = [&](int thread, int number) {
    heddle::Message message;
    message.content = text(thread, number);
    backend.session_storage().save_message(context, numbered("s", thread), message);
  };

  const benchmarks::Comparison comparison("sqlite, full", 0);
  const auto milliseconds = [](double seconds) { return std::chrono::milliseconds(static_cast<int>(1000 * seconds)); };
  const auto counted = [&](int thread, int number) {
    by_heddle(thread, number);
    ++saved;
  };
  // So that no index is filled while others are measured.
  const auto is_indexed = [&] { observer.wait_for_index(); };
  benchmarks::run_crowds(comparison,
                         {{"reference", {{"16 threads, a burst", threads, by_reference}}, is_indexed},
                          {"raw", {{"16 threads, a burst", threads, by_raw}}, is_indexed},
                          {"heddle",
                           {{"16 threads, a burst", threads, counted}},
                           [&] {
                             is_indexed();
                             commits -= benchmarks::Commits::so_far();
                           },
                           [&] { commits += benchmarks::Commits::so_far(); }}},
                         9, milliseconds(burst));
  comparison.count("16 threads, a burst", "heddle", "messages in a commit, those of the index included",
                   static_cast<double>(saved.load()) / static_cast<double>(std::max<std::int64_t>(commits, 1)));
  is_indexed();
  if (sustained <= 0) { return; }
  const int rounds = std::max(1, static_cast<int>(sustained / 20));
  benchmarks::run_crowds(comparison,
                         {{"reference", {{"16 threads, with the index", threads, by_reference}}},
                          {"heddle", {{"16 threads, with the index", threads, by_heddle}}, {}, is_indexed}},
                         rounds, milliseconds(sustained / rounds));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::exit_status(
      [&] { measure(argc > 1 ? std::atof(argv[1]) : 60, argc > 2 ? std::atof(argv[2]) : 1); });
}
