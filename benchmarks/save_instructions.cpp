// Saves COUNT messages one by one, for callgrind: `save_instructions heddle|raw COUNT`. The instructions for one
// message are (Ir(2N) - Ir(N)) / N; `run` computes them.
#include "heddle/sqlite.hpp"
#include "raw_sqlite.hpp"
#include "text.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) { return 2; }
  const bool raw = std::string(argv[1]) == "raw";
  const int count = std::atoi(argv[2]);
  const auto folder =
      std::filesystem::temp_directory_path() / ("heddle-bench-" + std::to_string(std::rand()) + argv[1]);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "x.db").string();
  {
    heddle::Backend<heddle::Sqlite> backend({.path = path, .durability = heddle::sqlite::Durability::normal});
    backend.migrate();
    const auto context = heddle::Context::for_user("user");
    backend.session_storage().save_session(context, {.id = "session"});
    benchmarks::TextSource source(1);
    if (raw) {
      benchmarks::RawSqlite database(path, false);
      for (int index = 0; index < count; ++index) {
        database.save("user", "session", source.next(100), heddle::microseconds_of(heddle::now()));
      }
    } else {
      for (int index = 0; index < count; ++index) {
        backend.session_storage().save_message(context, "session", {.content = source.next(100)});
      }
    }
  }
  std::filesystem::remove_all(folder);
}
