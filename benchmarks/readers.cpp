// Four threads load sessions of 100 while one saves without a pause, in rotated rounds: `reference`, the schema and
// statements of the server that Heddle was written for, and `raw`, those of Heddle, both on one connection behind a
// mutex; `heddle`; and `one at a time`, Heddle behind a mutex.
//
//     readers [MESSAGES [SECONDS OF A ROUND]]      at least 1,000 in the database, 100,000 if not given
#include "corpus.hpp"
#include "crowd.hpp"
#include "heddle/sqlite.hpp"
#include "ours.hpp"
#include "reference_sqlite.hpp"
#include "sqlite_file.hpp"
#include "support/temporary_folder.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace {

using benchmarks::numbered;

void measure(std::int64_t count, double seconds) {
  const support::TemporaryFolder folder;
  const auto config = [&](const char* name) {
    return heddle::sqlite::Config{.path = (folder.path() / name).string(),
                                  .durability = heddle::sqlite::Durability::normal};
  };
  benchmarks::Corpus corpus;
  heddle::Backend<heddle::Sqlite> backend(config("heddle.db"));
  backend.migrate();
  benchmarks::Ours ours("heddle", backend);
  corpus.fill(count, ours.writer());
  const benchmarks::Observer observer(config("heddle.db").path);
  {
    heddle::Backend<heddle::Sqlite> other(config("raw.db"));
    other.migrate();
    corpus.fill(count, benchmarks::Ours("raw", other).writer());
  }
  benchmarks::RawSqlite raw(config("raw.db").path, false);
  benchmarks::ReferenceSqlite reference((folder.path() / "reference.db").string(), false);
  std::int64_t second = 0;
  corpus.fill(count, reference.writer(second));
  observer.wait_for_index();

  const std::vector<std::string> texts = corpus.take(4096);
  const auto text = [&](int number) { return texts[static_cast<std::size_t>(number) % texts.size()]; };
  const auto session = [&](int thread, int number) { return numbered("s", (thread * 31 + number) % (count / 100)); };
  std::mutex mutex;
  using Call = std::function<void(int, int)>;
  const auto alone = [&](const Call& call) -> Call {
    return [&mutex, call](int thread, int number) {
      const std::lock_guard lock(mutex);
      call(thread, number);
    };
  };
  const auto works = [](const Call& load, const Call& save) {
    return std::vector<benchmarks::Work>{{"load 100 messages beside a writer", 4, load},
                                         {"save beside four readers", 1, save}};
  };
  // So that no index is filled while others are measured.
  const auto is_indexed = [&] { observer.wait_for_index(); };
  const auto context = heddle::Context::for_user("user");
  auto& sessions = backend.session_storage();
  const Call load_ours = [&](int thread, int number) {
    benchmarks::expect(sessions.load_messages(context, session(thread, number)).items.size(), 100);
  };
  const Call save_ours = [&](int, int number) {
    heddle::Message message;
    message.content = text(number);
    sessions.save_message(context, "long", message);
  };
  benchmarks::run_crowds(benchmarks::Comparison("sqlite, normal", count),
                         {{"reference",
                           works(alone([&](int thread, int number) {
                                   benchmarks::expect(reference.load(session(thread, number)).size(), 100);
                                 }),
                                 alone([&](int, int number) { reference.save("long", text(number), ++second); })),
                           is_indexed},
                          {"raw",
                           works(alone([&](int thread, int number) {
                                   benchmarks::expect(raw.load("user", session(thread, number)).size(), 100);
                                 }),
                                 alone([&](int, int number) {
                                   raw.save("user", "long", text(number), heddle::microseconds_of(heddle::now()));
                                 })),
                           is_indexed},
                          {"one at a time", works(alone(load_ours), alone(save_ours)), is_indexed},
                          {"heddle", works(load_ours, save_ours), is_indexed}},
                         9, std::chrono::milliseconds(static_cast<int>(1000 * seconds)));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::exit_status(
      [&] { measure(argc > 1 ? std::atoll(argv[1]) : 100'000, argc > 2 ? std::atof(argv[2]) : 1); });
}
