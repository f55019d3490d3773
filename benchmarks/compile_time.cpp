// One file with one save, to measure the compile time of including Heddle; `run` measures it.
#include <heddle/sqlite.hpp>

int main() {
  heddle::Backend<heddle::Sqlite> backend({.path = "agents.db"});
  backend.session_storage().save_message({}, "session", {.content = "Hello"});
}
