// How fast tenants are copied, beside bulk saves of the same messages, 100 at a time; and exported, beside loads of the
// same messages, 100 at a time, with the memory that an export takes: `copies`, or `copies_postgres` on a server. In
// rotated rounds, each with a new target.
//
//     copies [MESSAGES [ROUNDS]]      100,000 and 5 if not given
#ifdef HEDDLE_MEASURE_POSTGRES
#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#endif
#include "corpus.hpp"
#include "heddle/copy.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "measure.hpp"
#include "ours.hpp"
#include "sqlite_file.hpp"
#include "support/temporary_folder.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using benchmarks::numbered;
using benchmarks::seconds;

const heddle::Context tenant = heddle::Context::for_user("user");
constexpr std::int64_t at_a_time = 100;

/// What is saved, made beforehand.
using Sessions = std::vector<std::vector<heddle::Message>>;

/// A new SQLite database.
struct File {
  File() { backend.migrate(); }

  /// Waits until all messages are in the full-text index.
  void finish() const { benchmarks::Observer(path()).wait_for_index(); }
  [[nodiscard]] std::string path() const { return (folder.path() / "copies.db").string(); }

  support::TemporaryFolder folder;
  heddle::Backend<heddle::Sqlite> backend{
      {.path = path(), .durability = heddle::sqlite::Durability::normal, .administer_tenants = true}};
};

#ifdef HEDDLE_MEASURE_POSTGRES
/// A new database of the server.
struct Server {
  void finish() const {}

  support::MigratedDatabase database;
  heddle::Backend<heddle::Postgres> backend{database.config()};
};
#endif

template <class Backend>
void save(Backend& backend, const Sessions& sessions) {
  for (std::size_t number = 0; number < sessions.size(); ++number) {
    const std::string id = numbered("s", static_cast<std::int64_t>(number));
    backend.session_storage().save_session(tenant, {.id = id});
    backend.session_storage().save_messages(tenant, id, sessions[number]);
  }
}

template <class Backend>
void load(Backend& backend, const Sessions& sessions) {
  for (std::size_t number = 0; number < sessions.size(); ++number) {
    const std::string id = numbered("s", static_cast<std::int64_t>(number));
    benchmarks::expect(backend.session_storage().load_messages(tenant, id).items.size(), sessions[number].size());
  }
}

/// Prints how many times as fast as `first` the second is, of each round, and how many messages a second it does.
void print(const std::string& what, std::int64_t messages, const std::vector<double>& first,
           const std::vector<double>& second) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < first.size(); ++round) { ratios.push_back(first[round] / second[round]); }
  benchmarks::print_ratio(what, ratios);
  std::printf("%60s %8.0f and %.0f messages a second\n", "",
              static_cast<double>(messages) / benchmarks::quantile(second, 0.5),
              static_cast<double>(messages) / benchmarks::quantile(first, 0.5));
  std::fflush(stdout);
}

template <class From, class To>
void compare_copies(const std::string& what, const Sessions& sessions, std::int64_t messages, int rounds) {
  From source;
  save(source.backend, sessions);
  source.finish();
  struct Times {
    std::vector<double> stored{};
    std::vector<double> searchable{};
  };
  Times saves;
  Times copies;
  const auto measure = [](Times& times, const auto& action) {
    To target;
    const double stored = seconds([&] { action(target.backend); });
    times.stored.push_back(stored);
    times.searchable.push_back(stored + seconds([&] { target.finish(); }));
  };
  for (int round = 0; round < rounds; ++round) {
    const auto one = [&] { measure(saves, [&](auto& backend) { save(backend, sessions); }); };
    const auto other = [&] { measure(copies, [&](auto& backend) { heddle::copy(source.backend, backend); }); };
    round % 2 == 0 ? one() : other();
    round % 2 == 0 ? other() : one();
  }
  print("copies, " + what + ", over bulk saves, until stored", messages, saves.stored, copies.stored);
  print("copies, " + what + ", over bulk saves, until searchable", messages, saves.searchable, copies.searchable);
}

/// Bytes of memory that the process has had at once since `forget_peak`.
std::int64_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) { return std::atoll(line.c_str() + 6) * 1024; }
  }
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

template <class Place>
void compare_exports(const std::string& what, const Sessions& sessions, std::int64_t messages, int rounds) {
  Place place;
  save(place.backend, sessions);
  place.finish();
  std::vector<double> loads;
  std::vector<double> exports;
  std::int64_t grown = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto one = [&] { loads.push_back(seconds([&] { load(place.backend, sessions); })); };
    const auto other = [&] {
      forget_peak();
      const std::int64_t before = peak();
      exports.push_back(
          seconds([&] { heddle::export_user(place.backend, tenant, [](std::string_view /*bytes*/) {}); }));
      grown = peak() - before;
    };
    round % 2 == 0 ? one() : other();
    round % 2 == 0 ? other() : one();
  }
  print("exports, " + what + ", over loads", messages, loads, exports);
  std::printf("%60s %8.1f MiB of memory more during the last export\n", "", static_cast<double>(grown) / 1048576.0);
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::exit_status([&] {
    const std::int64_t messages = argc > 1 ? std::atoll(argv[1]) : 100'000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    benchmarks::Corpus corpus;
    Sessions sessions;
    for (std::int64_t count = 0; count < messages; count += at_a_time) {
      sessions.push_back(benchmarks::messages_of(corpus.take(at_a_time)));
    }
#ifdef HEDDLE_MEASURE_POSTGRES
    compare_exports<Server>("PostgreSQL", sessions, messages, rounds);
    compare_copies<File, Server>("SQLite to PostgreSQL", sessions, messages, rounds);
    compare_copies<Server, File>("PostgreSQL to SQLite", sessions, messages, rounds);
#else
    compare_exports<File>("SQLite", sessions, messages, rounds);
    compare_copies<File, File>("SQLite to SQLite", sessions, messages, rounds);
#endif
  });
}
