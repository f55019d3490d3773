// A backend chosen at compile time, in a program that links heddle::open alone.
#include <heddle/sqlite.hpp>

bool stores_without_a_choice() {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  const auto context = heddle::Context::for_user("ada");
  backend.session_storage().save_session(context, {.id = "first"});
  return backend.session_storage().load_session(context, "first").has_value();
}
