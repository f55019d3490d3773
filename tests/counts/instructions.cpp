// What an operation costs, for a program that counts instructions: `instructions heddle|metered|unmapped|raw|counters
// save|load COUNT FOLDER` does it COUNT times in a new database. `raw` is the C API of SQLite alone, `metered` has
// metrics, `unmapped` no map of the file's pages; `counters` does only what an engine counts of a save, metrics or not.
// The script `instructions` compares them.
#include "heddle/detail/counting/commit_counters.hpp"
#include "heddle/metrics/metered.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "raw_sqlite.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

constexpr int messages_of_session = 200;

template <class Backend>
void save(Backend& backend, const heddle::Context& context, benchmarks::RawSqlite* raw, int count) {
  benchmarks::TextSource source(1);
  for (int index = 0; index < count; ++index) {
    if (raw != nullptr) {
      raw->save("user", "session", source.next(100), heddle::microseconds_of(heddle::now()));
    } else {
      backend.session_storage().save_message(context, "session", {.content = source.next(100)});
    }
  }
}

template <class Backend>
std::size_t load(Backend& backend, const heddle::Context& context, benchmarks::RawSqlite* raw) {
  if (raw != nullptr) { return raw->load("user", "session").size(); }
  return backend.session_storage().load_messages(context, "session").items.size();
}

template <class Backend>
int run(const std::string& variant, const std::string& what, int count, const std::string& path) {
  const auto context = heddle::Context::for_user("user");
  Backend backend(
      {.path = path, .durability = heddle::sqlite::Durability::normal, .incremental_vacuum = variant != "unmapped"});
  backend.migrate();
  // The thread that fills the full-text index counts too, by chance more or less.
  heddle::sqlite::indexing::Filler::of_program = nullptr;
  backend.session_storage().save_session(context, {.id = "session"});
  std::optional<benchmarks::RawSqlite> raw;
  if (variant == "raw") { raw.emplace(path, false); }
  benchmarks::RawSqlite* const connection = raw ? &*raw : nullptr;
  if (what == "save") {
    save(backend, context, connection, count);
    return 0;
  }
  save(backend, context, nullptr, messages_of_session);
  for (int index = 0; index < count; ++index) {
    if (load(backend, context, connection) != messages_of_session) { return 1; }
  }
  return 0;
}

int count_commits(int count) {
  heddle::detail::counting::CommitCounters counters;
  for (int index = 0; index < count; ++index) { counters.add_commit(1); }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) { return 2; }
  const std::string variant = argv[1];
  const int count = std::atoi(argv[3]);
  const std::string path = std::string(argv[4]) + "/x.db";
  if (variant == "counters") { return count_commits(count); }
  if (variant == "metered") {
    return run<heddle::Backend<heddle::Sqlite, heddle::Metered>>(variant, argv[2], count, path);
  }
  return run<heddle::Backend<heddle::Sqlite>>(variant, argv[2], count, path);
}
