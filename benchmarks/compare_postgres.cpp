// Compares, in one process and in rotated rounds on one server: `raw`, one pipeline by libpq alone; `reference`, one
// statement after the other through libpqxx; `heddle`; and `any`, Heddle through AnyBackend. The first two have the
// schema of the server that Heddle was written for.
//
//     compare_postgres MESSAGES      at least 10,000
#include "comparison.hpp"
#include "corpus.hpp"
#include "heddle/any_backend.hpp"
#include "ours.hpp"
#include "pipelined.hpp"
#include "postgres_setup.hpp"
#include "support/protocol_proxy.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace {

using benchmarks::deletions;
using benchmarks::expect;
using benchmarks::numbered;
using benchmarks::PostgresSetup;
using benchmarks::saved_sessions;

/// Prints how many round trips each operation takes once its statements are prepared.
void count_round_trips(const benchmarks::Comparison& comparison, PostgresSetup& setup) {
  support::ProtocolProxy proxy(setup.app_dsn());
  heddle::Backend<heddle::Postgres> backend(PostgresSetup::config(proxy.dsn(setup.app_dsn())));
  benchmarks::OneByOne reference(PostgresSetup::one_by_one(proxy.dsn(setup.app_dsn())));
  benchmarks::Pipelined raw(PostgresSetup::one_by_one(proxy.dsn(setup.app_dsn())));
  benchmarks::Corpus corpus;
  benchmarks::Ours ours("round-trips", backend);
  ours.prepare(corpus);
  const auto count = [&](const char* task, const char* variant, const std::function<void(int)>& call) {
    call(0);
    proxy.forget_traffic();
    call(1);
    comparison.count(task, variant, "round trips", proxy.traffic().turns);
  };
  const std::string user = "user";
  heddle::Message message;
  message.content = corpus.next();
  count("save a message", "raw", [&](int) { raw.save(user, "raw-saved-0", message.content); });
  count("save a message", "reference", [&](int) { reference.save_message(user, "saved-0", message); });
  count("save a message", "heddle", [&](int number) { ours.save(number, message.content); });
  count("load 1,000 messages", "raw", [&](int) { expect(raw.load(user, "long").size(), 1000); });
  count("load 1,000 messages", "reference",
        [&](int) { expect(reference.load_session(user, "long").messages.items.size(), 1000); });
  count("load 1,000 messages", "heddle", [&](int) { ours.load(); });
  count("the last 50 of 1,000", "heddle", [&](int) { ours.last(); });
  count("search a common word", "heddle", [&](int) { ours.search("refund"); });
  count("delete a session of 100", "heddle", [&](int number) { ours.remove(number); });
}

void measure(std::int64_t count) {
  PostgresSetup setup;
  heddle::Backend<heddle::Postgres> backend(PostgresSetup::config(setup.app_dsn()));
  auto handle = heddle::AnyBackend::make<heddle::Backend<heddle::Postgres>>(PostgresSetup::config(setup.app_dsn()));
  benchmarks::OneByOne reference(PostgresSetup::one_by_one(setup.app_dsn()));
  benchmarks::Pipelined raw(PostgresSetup::one_by_one(setup.app_dsn()));
  benchmarks::Corpus corpus;
  const std::string user = "user";
  const benchmarks::SessionWriter in_reference{
      [&](const std::string& session) { reference.save_session(user, session); },
      [&](const std::string& session, const std::vector<std::string>& texts) {
        reference.save_all(user, session, texts);
      }};
  std::fprintf(stderr, "PostgreSQL: filling %lld messages\n", static_cast<long long>(count));
  benchmarks::Ours ours("heddle", backend);
  benchmarks::Ours any("any", handle);
  corpus.fill(count, ours.writer());
  corpus.fill(count, in_reference);
  ours.prepare(corpus);
  any.prepare(corpus);
  for (int index = 0; index < saved_sessions; ++index) {
    reference.save_session(user, numbered("raw-saved-", index));
    reference.save_session(user, numbered("saved-", index));
  }
  corpus.add_sessions("deleted-", deletions, in_reference);
  support::RawPostgres(setup.superuser_dsn()).execute("VACUUM ANALYZE");

  const benchmarks::Comparison comparison("postgres", count);
  count_round_trips(comparison, setup);
  comparison.run(
      "save a message",
      {{"raw", [&](int number) { raw.save(user, numbered("raw-saved-", number % saved_sessions), corpus.next()); }},
       {"reference",
        [&](int number) {
          heddle::Message message;
          message.content = corpus.next();
          reference.save_message(user, numbered("saved-", number % saved_sessions), message);
        }},
       {"heddle", [&](int number) { ours.save(number, corpus.next()); }},
       {"any", [&](int number) { any.save(number, corpus.next()); }}},
      15, 50);
  comparison.run("load 1,000 messages",
                 {{"raw", [&](int) { expect(raw.load(user, "long").size(), 1000); }},
                  {"reference", [&](int) { expect(reference.load_session(user, "long").messages.items.size(), 1000); }},
                  {"heddle", [&](int) { ours.load(); }},
                  {"any", [&](int) { any.load(); }}},
                 15, 5);
  comparison.run("the last 50 of 1,000",
                 {{"reference", [&](int) { expect(reference.last(user, "long", 50).size(), 50); }},
                  {"heddle", [&](int) { ours.last(); }},
                  {"any", [&](int) { any.last(); }}},
                 15, 20);
  benchmarks::compare_searches(
      comparison, [&](const std::string& word) { return reference.search(user, word, 20).size(); }, ours, any);
  comparison.run("delete a session of 100",
                 {{"reference", [&](int number) { reference.delete_session(user, numbered("deleted-", number)); }},
                  {"heddle", [&](int number) { ours.remove(number); }},
                  {"any", [&](int number) { any.remove(number); }}},
                 3, 4, false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) { return 2; }
  try {
    measure(std::atoll(argv[1]));
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
