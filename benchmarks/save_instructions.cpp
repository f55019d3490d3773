// Saves COUNT messages one by one, for callgrind: `save_instructions VARIANT COUNT`. The instructions for one message
// are (Ir(2N) - Ir(N)) / N; `run` computes them. Variants:
//
//     plain      Heddle's statements through SQLite's C API, without the row for the full-text index
//     raw        with it
//     heddle     what the thread that saves does
//     indexed    and what fills the index behind it
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "measure.hpp"
#include "raw_sqlite.hpp"
#include "sqlite_file.hpp"
#include "support/temporary_folder.hpp"
#include "text.hpp"

#include <cstdlib>
#include <string>

namespace {

void save(const std::string& variant, int count) {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "x.db").string();
  heddle::Backend<heddle::Sqlite> backend({.path = path, .durability = heddle::sqlite::Durability::normal});
  backend.migrate();
  if (variant != "indexed") { heddle::sqlite::indexing::Filler::of_program = nullptr; }
  const auto context = heddle::Context::for_user("user");
  backend.session_storage().save_session(context, {.id = "session"});
  benchmarks::TextSource source(1);
  if (variant == "raw" || variant == "plain") {
    benchmarks::RawSqlite database(path, false, variant == "raw");
    for (int index = 0; index < count; ++index) {
      database.save("user", "session", source.next(100), heddle::microseconds_of(heddle::now()));
    }
    return;
  }
  for (int index = 0; index < count; ++index) {
    backend.session_storage().save_message(context, "session", {.content = source.next(100)});
  }
  if (variant == "indexed") { benchmarks::Observer(path).wait_for_index(); }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) { return 2; }
  return benchmarks::exit_status([&] { save(argv[1], std::atoi(argv[2])); });
}
