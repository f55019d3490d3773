// One file with one save: what including Heddle costs a compiler. `run` times it.
#include <heddle/sqlite.hpp>

int main() {
  heddle::Backend<heddle::Sqlite> backend({.path = "agents.db"});
  backend.session_storage().save_message({}, "session", {.content = "Hello"});
}
