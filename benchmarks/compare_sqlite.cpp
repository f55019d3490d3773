// Compares, in one process and in rotated rounds: `raw`, Heddle's statements through SQLite's C API; `reference`, the
// schema and statements of the server that Heddle was written for; `heddle`; and `any`, Heddle through AnyBackend.
//
//     compare_sqlite MESSAGES [full]      at least 10,000
#include "comparison.hpp"
#include "corpus.hpp"
#include "counts/cost.hpp"
#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "ours.hpp"
#include "raw_sqlite.hpp"
#include "reference_sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using benchmarks::deletions;
using benchmarks::expect;
using benchmarks::numbered;
using benchmarks::saved_sessions;
using heddle::Context;

/// Prints what one saved message adds to the write-ahead log, and how often it allocates.
void count_saves(const benchmarks::Comparison& comparison, const std::string& path, const char* variant,
                 const std::function<void(int)>& save) {
  constexpr int calls = 64;
  sqlite3* connection = nullptr;
  benchmarks::require(sqlite3_open(path.c_str(), &connection), SQLITE_OK, connection);
  benchmarks::require(sqlite3_exec(connection, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr), SQLITE_OK,
                      connection);
  const std::int64_t before = counts::spent().allocations;
  for (int call = 0; call < calls; ++call) { save(call); }
  const std::int64_t after = counts::spent().allocations;
  // A frame of the log is a page and a header of 24 bytes; the log has one of 32.
  const double frames = (static_cast<double>(std::filesystem::file_size(path + "-wal")) - 32) / (4096 + 24);
  comparison.count("save a message", variant, "pages written to the log", frames / calls);
  comparison.count("save a message", variant, "allocations by operator new",
                   static_cast<double>(after - before) / calls);
  sqlite3_close(connection);
}

void measure(std::int64_t count, bool full, const std::filesystem::path& folder) {
  const std::string path = (folder / "heddle.db").string();
  const heddle::sqlite::Config config{
      .path = path, .durability = full ? heddle::sqlite::Durability::full : heddle::sqlite::Durability::normal};
  heddle::Backend<heddle::Sqlite> backend(config);
  backend.migrate();
  auto handle = heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(config);
  benchmarks::ReferenceSqlite reference((folder / "reference.db").string(), full);
  benchmarks::Corpus corpus;
  const auto context = Context::for_user("user");
  auto& sessions = backend.session_storage();

  std::int64_t second = 0;
  const benchmarks::SessionWriter in_reference{[&](const std::string& session) { reference.save_session(session); },
                                               [&](const std::string& session, const std::vector<std::string>& texts) {
                                                 reference.execute("BEGIN");
                                                 for (const std::string& text : texts) {
                                                   reference.save(session, text, ++second);
                                                 }
                                                 reference.execute("COMMIT");
                                               }};
  std::fprintf(stderr, "SQLite: filling %lld messages\n", static_cast<long long>(count));
  benchmarks::Ours ours("heddle", backend);
  benchmarks::Ours any("any", handle);
  corpus.fill(count, ours.writer());
  corpus.fill(count, in_reference);
  ours.prepare(corpus);
  any.prepare(corpus);
  for (int index = 0; index < saved_sessions; ++index) {
    sessions.save_session(context, {.id = numbered("raw-saved-", index)});
    reference.save_session(numbered("saved-", index));
  }
  corpus.add_sessions("deleted-", deletions, in_reference);
  benchmarks::RawSqlite raw(path, full);

  const benchmarks::Comparison comparison(full ? "sqlite, full" : "sqlite, normal", count);
  const std::string text = corpus.next();
  const std::string reference_path = (folder / "reference.db").string();
  count_saves(comparison, path, "raw", [&](int number) {
    raw.save("user", "raw-saved-0", text, heddle::microseconds_of(heddle::now()) + number);
  });
  count_saves(comparison, reference_path, "reference", [&](int) { reference.save("saved-0", text, ++second); });
  heddle::Message message;
  message.content = text;
  count_saves(comparison, path, "heddle", [&](int) { sessions.save_message(context, "heddle-saved-0", message); });

  comparison.run(
      "save a message",
      {{"raw",
        [&](int number) {
          raw.save("user", numbered("raw-saved-", number % saved_sessions), corpus.next(),
                   heddle::microseconds_of(heddle::now()));
        }},
       {"reference",
        [&](int number) { reference.save(numbered("saved-", number % saved_sessions), corpus.next(), ++second); }},
       {"heddle", [&](int number) { ours.save(number, corpus.next()); }},
       {"any", [&](int number) { any.save(number, corpus.next()); }}},
      15, 100);
  comparison.run("load 1,000 messages",
                 {{"raw", [&](int) { expect(raw.load("user", "long").size(), 1000); }},
                  {"reference", [&](int) { expect(reference.load("long").size(), 1000); }},
                  {"heddle", [&](int) { ours.load(); }},
                  {"any", [&](int) { any.load(); }}},
                 15, 10);
  comparison.run("the last 50 of 1,000",
                 {{"reference", [&](int) { expect(reference.last("long", 50).size(), 50); }},
                  {"heddle", [&](int) { ours.last(); }},
                  {"any", [&](int) { any.last(); }}},
                 15, 50);
  benchmarks::compare_searches(
      comparison, [&](const std::string& word) { return reference.search(word, 20).size(); }, ours, any);
  // The reference searches all of its index for each message of the session.
  comparison.run("delete a session of 100",
                 {{"reference", [&](int number) { reference.delete_session(numbered("deleted-", number)); }, 1},
                  {"heddle", [&](int number) { ours.remove(number); }},
                  {"any", [&](int number) { any.remove(number); }}},
                 count > 10000 ? 1 : 3, 4, false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) { return 2; }
  const auto folder = std::filesystem::temp_directory_path() / "heddle-compare";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  int status = 0;
  try {
    measure(std::atoll(argv[1]), argc > 2 && std::string(argv[2]) == "full", folder);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    status = 1;
  }
  std::filesystem::remove_all(folder);
  return status;
}
