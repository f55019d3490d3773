// What an agent does every turn, in long and in forked sessions, in turn with the same in short and unforked ones:
// `turns`, or `turns_postgres` on a server. Fills a session of 1,000,000 messages first.
#ifdef HEDDLE_MEASURE_POSTGRES
#include "postgres_setup.hpp"
#else
#include "heddle/sqlite.hpp"
#endif
#include "measure.hpp"
#include "text.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace {

constexpr int rounds = 41;
constexpr int calls_of_round = 20;

const heddle::Context tenant = heddle::Context::for_user("user");

/// Stores a session with so many messages of 30 words.
template <class Backend>
void fill(Backend& backend, const std::string& id, std::int64_t messages) {
  benchmarks::TextSource source(7);
  backend.session_storage().save_session(tenant, {.id = id});
  std::vector<heddle::Message> batch(1000);
  for (std::int64_t left = messages; left > 0; left -= static_cast<std::int64_t>(batch.size())) {
    if (left < static_cast<std::int64_t>(batch.size())) { batch.resize(static_cast<std::size_t>(left)); }
    for (auto& message : batch) { message.content = source.next(30); }
    backend.session_storage().save_messages(tenant, id, batch);
  }
}

template <class Call, class Other>
void compare(const std::string& what, Call call, Other other) {
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const double first = benchmarks::seconds([&] {
      for (int each = 0; each < calls_of_round; ++each) { call(); }
    });
    const double second = benchmarks::seconds([&] {
      for (int each = 0; each < calls_of_round; ++each) { other(); }
    });
    ratios.push_back(first / second);
  }
  benchmarks::print_ratio(what, ratios);
}

template <class Backend>
void measure(Backend& backend) {
  auto& sessions = backend.session_storage();
  fill(backend, "50", 50);
  fill(backend, "10,000", 10'000);
  fill(backend, "1,000,000", 1'000'000);
  const auto newest = [&](const char* id) {
    return [&sessions, id] { static_cast<void>(sessions.load_messages(tenant, id, {.last = 50})); };
  };
  for (const char* id : {"10,000", "1,000,000"}) {
    compare(std::string("the last 50 messages of ") + id + " over those of 50", newest(id), newest("50"));
  }

  fill(backend, "forked 0", 20);
  for (int fork = 1; fork <= 10; ++fork) {
    const std::string id = "forked " + std::to_string(fork);
    sessions.fork_session(tenant, "forked " + std::to_string(fork - 1), 20 * fork - 5, {.id = id});
    for (int each = 0; each < 25; ++each) { sessions.save_message(tenant, id, {.content = "some words of a message"}); }
  }
  fill(backend, "unforked", 220);
  compare("the last 50 messages, forked 10 times, over unforked", newest("forked 10"), newest("unforked"));
  compare(
      "the last 200 messages, forked 10 times, over unforked",
      [&] { static_cast<void>(sessions.load_messages(tenant, "forked 10", {.last = 200})); },
      [&] { static_cast<void>(sessions.load_messages(tenant, "unforked", {.last = 200})); });

  int fork = 0;
  compare(
      "forking 100,000 messages over saving one",
      [&] { sessions.fork_session(tenant, "1,000,000", 100'000, {.id = "fork " + std::to_string(++fork)}); },
      [&] { sessions.save_message(tenant, "50", {.content = "some words of a message"}); });

  heddle::MessageStream stream = backend.stream_store().begin(tenant, "10,000", {.role = heddle::Role::assistant});
  compare(
      "appending a chunk of 30 words over saving a message of them",
      [&, source = benchmarks::TextSource(9)]() mutable {
        stream.announced = heddle::Context::Clock::now();
        backend.stream_store().append(tenant, stream, source.next(30));
      },
      [&, source = benchmarks::TextSource(9)]() mutable {
        sessions.save_message(tenant, "10,000", {.content = source.next(30)});
      });
}

}  // namespace

int main() {
#ifdef HEDDLE_MEASURE_POSTGRES
  benchmarks::PostgresSetup setup;
  heddle::Backend<heddle::Postgres> backend(benchmarks::PostgresSetup::config(setup.app_dsn()));
  measure(backend);
#else
  const auto folder = std::filesystem::temp_directory_path() / "heddle-turns";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    heddle::Backend<heddle::Sqlite> backend(
        {.path = (folder / "turns.db").string(), .durability = heddle::sqlite::Durability::normal});
    backend.migrate();
    measure(backend);
  }
  std::filesystem::remove_all(folder);
#endif
}
