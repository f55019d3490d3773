// Server code that hides sessions, with a backend that cannot.
#include "heddle/sqlite.hpp"

void retire(heddle::StorageBackend auto& /*storage*/) {}
void hide(heddle::SoftDeletes auto& /*storage*/) {}

int main() {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
#ifdef HEDDLE_CONTROL
  retire(backend);
#else
  hide(backend);
#endif
}
