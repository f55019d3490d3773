// Server code that administers across tenants, with a backend that cannot.
#include "heddle/sqlite.hpp"

void report(heddle::StorageBackend auto& /*storage*/) {}
void report_all(heddle::AdministersTenants auto& /*storage*/) {}

int main() {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
#ifdef HEDDLE_CONTROL
  report(backend);
#else
  report_all(backend);
#endif
}
