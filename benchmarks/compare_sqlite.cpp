// Compares, in one process and in rotated rounds: `raw`, Heddle's statements through SQLite's C API; `reference`, the
// schema and statements of the server that Heddle was written for; `heddle`; `any`, Heddle through AnyBackend; and
// `small`, Heddle in a database of 10,000 messages.
//
//     compare_sqlite MESSAGES [full]      at least 1,000
#include "comparison.hpp"
#include "corpus.hpp"
#include "counts/cost.hpp"
#include "disk.hpp"
#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "ours.hpp"
#include "raw_sqlite.hpp"
#include "reference_sqlite.hpp"
#include "sqlite_file.hpp"
#include "support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace {

using benchmarks::common_word;
using benchmarks::deletions;
using benchmarks::expect;
using benchmarks::numbered;
using benchmarks::saved_sessions;
using heddle::Context;
using Backend = heddle::Backend<heddle::Sqlite>;

constexpr std::int64_t small_size = 10'000;
constexpr std::size_t page_in_log = 4096 + 24;  // with its header

/// Prints what one saved message adds to the write-ahead log, and how often it allocates; returns how many pages.
/// `save` gets numbers up to 32.
double count_saves(const benchmarks::Comparison& comparison, const std::string& path, const char* variant,
                   const std::function<void(int)>& save) {
  constexpr int calls = 32;
  save(calls);  // from here on statements are prepared
  const benchmarks::Observer observer(path);
  observer.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::int64_t before = counts::spent().allocations;
  for (int call = 0; call < calls; ++call) { save(call); }
  const std::int64_t after = counts::spent().allocations;
  const double pages =
      (static_cast<double>(std::filesystem::file_size(path + "-wal")) - 32) / static_cast<double>(page_in_log) / calls;
  comparison.count("save a message", variant, "pages written to the log", pages);
  comparison.count("save a message", variant, "allocations by operator new",
                   static_cast<double>(after - before) / calls);
  return pages;
}

/// The same of Heddle, without what fills the full-text index behind the saves.
double count_saves_of_heddle(const benchmarks::Comparison& comparison, const heddle::sqlite::Config& config,
                             const std::string& text) {
  using heddle::sqlite::indexing::Filler;
  const Filler::Make filler = Filler::of_program.exchange(nullptr);
  Backend backend(config);
  // Made before, so that only the save allocates.
  std::vector<heddle::Message> messages(33);
  for (heddle::Message& message : messages) { message.content = text; }
  const Context context = Context::for_user("user");
  const double pages = count_saves(comparison, config.path, "heddle", [&](int number) {
    backend.session_storage().save_message(context, "heddle-saved-0", messages[static_cast<std::size_t>(number)]);
  });
  Filler::of_program = filler;
  return pages;
}

/// Both databases, filled, with the sessions that the tasks save to and delete.
class Databases {
 public:
  Databases(std::int64_t messages, bool full, const std::filesystem::path& folder)
      : config{.path = (folder / "heddle.db").string(),
               .durability = full ? heddle::sqlite::Durability::full : heddle::sqlite::Durability::normal},
        reference_path((folder / "reference.db").string()),
        comparison(full ? "sqlite, full" : "sqlite, normal", messages),
        full_(full),
        alone_path_((folder / "alone.db").string()),
        small_path_((folder / "small.db").string()) {}

  void measure(std::int64_t messages) {
    Backend backend(config);
    backend.migrate();
    auto handle = heddle::AnyBackend::make<Backend>(config);
    benchmarks::ReferenceSqlite reference(reference_path, full_);
    const benchmarks::Observer observer(config.path);
    benchmarks::Ours ours("heddle", backend);
    benchmarks::Ours any("any", handle);

    std::fprintf(stderr, "SQLite: filling %lld messages\n", static_cast<long long>(messages));
    const benchmarks::SessionWriter in_reference = reference.writer(second_);
    benchmarks::SessionWriter in_heddle = ours.writer();
    in_heddle.finish = [&] { observer.wait_for_index(); };
    fill_all(comparison, corpus_, messages, {{"reference", in_reference}, {"heddle", in_heddle}});
    ours.prepare(corpus_);
    any.prepare(corpus_);
    Backend small_backend({.path = small_path_, .durability = config.durability});
    small_backend.migrate();
    const benchmarks::Observer small_observer(small_path_);
    benchmarks::Ours small("small", small_backend);
    if (messages > small_size) {
      corpus_.fill(small_size, small.writer());
      small.prepare(corpus_);
    }
    for (int index = 0; index < saved_sessions; ++index) {
      backend.session_storage().save_session(user_, {.id = numbered("raw-saved-", index)});
      reference.save_session(numbered("saved-", index));
    }
    corpus_.add_sessions("deleted-", deletions, in_reference);
    benchmarks::RawSqlite raw(config.path, full_);
    observer.wait_for_index();

    benchmarks::Ours<Backend>* const growing = messages > small_size ? &small : nullptr;
    compare_saves(raw, reference, ours, any, growing);
    // Wakes the thread that fills the index: `raw` does not.
    ours.save(0, corpus_.next());
    observer.wait_for_index();
    small_observer.wait_for_index();
    std::vector<benchmarks::Variant> loads{{"raw", [&](int) { expect(raw.load("user", "long").size(), 1000); }},
                                           {"reference", [&](int) { expect(reference.load("long").size(), 1000); }},
                                           {"heddle", [&](int) { ours.load(); }},
                                           {"any", [&](int) { any.load(); }}};
    if (growing != nullptr) {
      loads.push_back({"small", [&](int) { small.load(); }});
    }
    comparison.run("load 1,000 messages", loads, 15, 10);
    comparison.run("the last 50 of 1,000",
                   {{"reference", [&](int) { expect(reference.last("long", 50).size(), 50); }},
                    {"heddle", [&](int) { ours.last(); }},
                    {"any", [&](int) { any.last(); }}},
                   15, 50);
    // In a large database a search of the reference takes a second.
    const int slow = messages > 100'000 ? 1 : 0;
    compare_searches(comparison,
                     {[&](const std::string& word) { return reference.search(word, 20).size(); },
                      [&](const std::string& session, const std::string& word) {
                        return reference.search_in(session, word, 20).size();
                      }},
                     slow, ours, any, growing);
    compare_newest(raw, ours, any);
    compare_tenants(backend, observer);
    // The reference searches all of its index for each message of the session.
    comparison.run("delete a session of 100",
                   {{"reference", [&](int number) { reference.delete_session(numbered("deleted-", number)); }, 1},
                    {"heddle", [&](int number) { ours.remove(number); }},
                    {"any", [&](int number) { any.remove(number); }}},
                   growing != nullptr ? 1 : 3, 4, false);
    if (growing != nullptr) {
      // Behind those above.
      comparison.run("delete a session of 100, large and small",
                     {{"heddle", [&](int number) { ours.remove(4 + number); }},
                      {"small", [&](int number) { small.remove(number); }}},
                     4, 2, false);
    }
  }

  /// Loads what the system has not in memory: each call from a connection that is new but for its statements.
  void measure_cold() {
    std::optional<Backend> backend;
    std::optional<benchmarks::ReferenceSqlite> reference;
    const auto forget = [&] {
      backend.reset();
      reference.reset();
      for (const std::string& path : {config.path, reference_path}) { benchmarks::drop_from_memory(path); }
    };
    comparison.run(
        "load 1,000 messages, cold",
        {{.name = "reference",
          .call = [&](int) { expect(reference->load("long").size(), 1000); },
          .before =
              [&] {
                forget();
                reference.emplace(reference_path, full_);
                expect(reference->load("none").size(), 0);
              }},
         {.name = "heddle",
          .call = [&](int) { expect(backend->session_storage().load_messages(user_, "long").items.size(), 1000); },
          .before =
              [&] {
                forget();
                backend.emplace(config);
                expect(backend->session_storage().load_messages(user_, "none").items.size(), 0);
              }}},
        7, 1, false);
  }

  const heddle::sqlite::Config config;
  const std::string reference_path;
  const benchmarks::Comparison comparison;

 private:
  void compare_saves(benchmarks::RawSqlite& raw, benchmarks::ReferenceSqlite& reference,
                     benchmarks::Ours<Backend>& ours, benchmarks::Ours<heddle::AnyBackend>& any,
                     benchmarks::Ours<Backend>* small) {
    const std::string text = corpus_.next();
    count_saves(comparison, config.path, "raw", [&](int number) {
      raw.save("user", "raw-saved-0", text, heddle::microseconds_of(heddle::now()) + number);
    });
    count_saves(comparison, reference_path, "reference", [&](int) { reference.save("saved-0", text, ++second_); });
    const double pages = count_saves_of_heddle(comparison, config, text);

    std::vector<benchmarks::Variant> variants{
        {"raw",
         [&](int number) {
           raw.save("user", numbered("raw-saved-", number % saved_sessions), corpus_.next(),
                    heddle::microseconds_of(heddle::now()));
         }},
        {"reference",
         [&](int number) { reference.save(numbered("saved-", number % saved_sessions), corpus_.next(), ++second_); }},
        {"heddle", [&](int number) { ours.save(number, corpus_.next()); }},
        {"any", [&](int number) { any.save(number, corpus_.next()); }}};
    if (small != nullptr) {
      variants.push_back({"small", [&](int number) { small->save(number, corpus_.next()); }});
    }
    std::optional<benchmarks::Disk> disk;
    if (full_) {
      disk.emplace();
      const auto bytes = static_cast<std::size_t>(pages * static_cast<double>(page_in_log));
      variants.push_back({"disk", [&disk, bytes](int) { disk->write(bytes); }});
    }
    comparison.run("save a message", variants, 15, 100);
  }

  /// `raw` loads the messages that are found.
  void compare_newest(benchmarks::RawSqlite& raw, benchmarks::Ours<Backend>& ours,
                      benchmarks::Ours<heddle::AnyBackend>& any) {
    const heddle::MessageSearch newest{.query = common_word, .order = heddle::SearchOrder::newest};
    const std::vector<heddle::FoundMessage> found = ours.find(newest);
    comparison.run("search a common word, newest first",
                   {{"raw", [&](int) { expect(raw.load_each("user", found).size(), found.size()); }},
                    {"heddle", [&](int) { static_cast<void>(ours.find(newest)); }},
                    {"any", [&](int) { static_cast<void>(any.find(newest)); }}},
                   7, 20);
  }

  /// A tenant with ten messages: in this database, and `alone` in one.
  void compare_tenants(Backend& backend, const benchmarks::Observer& observer) {
    Backend other({.path = alone_path_, .durability = config.durability});
    other.migrate();
    const benchmarks::Observer other_observer(alone_path_);
    benchmarks::Ours among("heddle", backend, "small");
    benchmarks::Ours alone("alone", other, "small");
    std::vector<std::string> texts = corpus_.take(10);
    for (std::string& text : texts) { text.append(" ").append(common_word); }
    for (auto* each : {&among, &alone}) {
      each->writer().create("s0");
      each->writer().store("s0", texts);
    }
    observer.wait_for_index();
    other_observer.wait_for_index();
    comparison.run(
        "search a common word, a tenant with 10 messages",
        {{"alone", [&](int) { alone.search(common_word); }}, {"heddle", [&](int) { among.search(common_word); }}}, 7,
        100);
  }

  bool full_;
  std::string alone_path_;
  std::string small_path_;
  benchmarks::Corpus corpus_;
  Context user_ = Context::for_user("user");
  std::int64_t second_ = 0;  // of the last message of the reference
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) { return 2; }
  return benchmarks::exit_status([&] {
    const std::int64_t messages = std::atoll(argv[1]);
    const bool full = argc > 2 && std::string(argv[2]) == "full";
    const support::TemporaryFolder folder;
    Databases databases(messages, full, folder.path());
    databases.measure(messages);
    if (!full) { databases.measure_cold(); }
  });
}
