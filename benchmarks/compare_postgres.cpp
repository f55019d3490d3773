// Compares, in one process and in rotated rounds on one server: `raw`, one pipeline by libpq alone; `reference`, one
// statement after the other through libpqxx; `heddle`; and `any`, Heddle through AnyBackend. The first two have the
// schema of the server that Heddle was written for. `disk` is one write of a page that reaches the disk.
//
//     compare_postgres MESSAGES [NAME]      at least 1,000; NAME: of the server, in the results
#include "comparison.hpp"
#include "corpus.hpp"
#include "disk.hpp"
#include "heddle/any_backend.hpp"
#include "ours.hpp"
#include "pipelined.hpp"
#include "postgres_setup.hpp"
#include "support/protocol_proxy.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

/// The four over a connection string, with sessions of their own.
class Side {
 public:
  Side(const std::string& name, const std::string& dsn, benchmarks::Corpus& corpus)
      : raw(PostgresSetup::one_by_one(dsn)),
        reference(PostgresSetup::one_by_one(dsn)),
        backend(PostgresSetup::config(dsn)),
        handle(heddle::AnyBackend::make<heddle::Backend<heddle::Postgres>>(PostgresSetup::config(dsn))),
        ours(name + "heddle", backend),
        any(name + "any", handle),
        name_(name),
        corpus_(corpus) {}

  void prepare() {
    ours.prepare(corpus_);
    any.prepare(corpus_);
    for (int index = 0; index < saved_sessions; ++index) {
      reference.save_session(user, numbered(name_ + "raw-saved-", index));
      reference.save_session(user, numbered(name_ + "saved-", index));
    }
  }

  void compare_saves(const benchmarks::Comparison& comparison, const std::string& task, int calls) {
    comparison.run(task,
                   {{"raw", [&](int number) { raw.save(user, saved("raw-saved-", number), corpus_.next()); }},
                    {"reference",
                     [&](int number) {
                       heddle::Message message;
                       message.content = corpus_.next();
                       reference.save_message(user, saved("saved-", number), message);
                     }},
                    {"heddle", [&](int number) { ours.save(number, corpus_.next()); }},
                    {"any", [&](int number) { any.save(number, corpus_.next()); }},
                    {"disk", [&](int) { disk_.write(8192); }}},
                   15, calls);
  }
  void compare_loads(const benchmarks::Comparison& comparison, const std::string& task, int calls) {
    comparison.run(task,
                   {{"raw", [&](int) { expect(raw.load(user, "s0").size(), 100); }},
                    {"reference", [&](int) { expect(reference.load_session(user, "s0").messages.items.size(), 100); }},
                    {"heddle", [&](int) { ours.load_100(); }},
                    {"any", [&](int) { any.load_100(); }}},
                   15, calls);
  }
  /// The others save with one statement, and with one for each message.
  void compare_bulk(const benchmarks::Comparison& comparison) {
    const std::vector<std::string> texts = corpus_.take(10'000);
    const std::vector<heddle::Message> messages = benchmarks::messages_of(texts);
    comparison.run("save 10,000 messages at once",
                   {{"raw", [&](int number) { raw.save_all(user, saved("raw-saved-", number), texts); }},
                    {"reference", [&](int number) { reference.save_all(user, saved("saved-", number), texts); }},
                    {"heddle", [&](int number) { ours.save_all(number, messages); }},
                    {"any", [&](int number) { any.save_all(number, messages); }}},
                   5, 1);
  }

  const std::string user = "user";
  benchmarks::Pipelined raw;
  benchmarks::OneByOne reference;
  heddle::Backend<heddle::Postgres> backend;
  heddle::AnyBackend handle;
  benchmarks::Ours<heddle::Backend<heddle::Postgres>> ours;
  benchmarks::Ours<heddle::AnyBackend> any;

 private:
  [[nodiscard]] std::string saved(const char* what, int number) const {
    return numbered(name_ + what, number % saved_sessions);
  }

  std::string name_;
  benchmarks::Corpus& corpus_;
  benchmarks::Disk disk_;
};

void measure(std::int64_t count, const char* name) {
  PostgresSetup setup;
  benchmarks::Corpus corpus;
  support::ProtocolProxy proxy(setup.app_dsn());
  Side near("", setup.app_dsn(), corpus);
  Side far("far-", proxy.dsn(setup.app_dsn()), corpus);
  const std::string& user = near.user;
  auto& raw = near.raw;
  auto& reference = near.reference;
  auto& ours = near.ours;
  auto& any = near.any;
  const benchmarks::SessionWriter in_reference{
      [&](const std::string& session) { reference.save_session(user, session); },
      [&](const std::string& session, const std::vector<std::string>& texts) {
        reference.save_all(user, session, texts);
      }};
  std::fprintf(stderr, "PostgreSQL: filling %lld messages\n", static_cast<long long>(count));
  const benchmarks::Comparison comparison(name, count);
  fill_all(comparison, corpus, count, {{"reference", in_reference}, {"heddle", ours.writer()}});
  near.prepare();
  far.prepare();
  corpus.add_sessions("deleted-", deletions, in_reference);
  support::RawPostgres(setup.superuser_dsn()).execute("VACUUM ANALYZE");

  count_round_trips(comparison, setup);
  near.compare_saves(comparison, "save a message", 50);
  near.compare_loads(comparison, "load 100 messages", 20);
  proxy.delay(std::chrono::microseconds(500));
  far.compare_saves(comparison, "save a message, 1 ms away", 10);
  far.compare_loads(comparison, "load 100 messages, 1 ms away", 10);
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
  benchmarks::compare_searches(comparison,
                               {[&](const std::string& word) { return reference.search(user, word, 20).size(); },
                                [&](const std::string& session, const std::string& word) {
                                  return reference.search_in(user, session, word, 20).size();
                                }},
                               0, ours, any);
  comparison.run("delete a session of 100",
                 {{"reference", [&](int number) { reference.delete_session(user, numbered("deleted-", number)); }},
                  {"heddle", [&](int number) { ours.remove(number); }},
                  {"any", [&](int number) { any.remove(number); }}},
                 3, 4, false);
  // The last, because it adds as many messages as a small database has.
  near.compare_bulk(comparison);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) { return 2; }
  return benchmarks::exit_status([&] { measure(std::atoll(argv[1]), argc > 2 ? argv[2] : "postgres"); });
}
