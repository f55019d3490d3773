// One file with one save, to measure the compile time of including Heddle; `run` measures it.
#ifdef HEDDLE_MEASURE_POSTGRES
#include <heddle/postgres.hpp>
using Policy = heddle::Postgres;
#else
#include <heddle/sqlite.hpp>
using Policy = heddle::Sqlite;
#endif

int main() {
  heddle::Backend<Policy> backend(Policy::Config{});
  backend.session_storage().save_message({}, "session", {.content = "Hello"});
}
