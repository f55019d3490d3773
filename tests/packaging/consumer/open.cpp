// Uses heddle::open of an installed Heddle: a backend chosen at run time. What links it needs no other library of
// Heddle, whichever headers it includes.
#include <heddle/open.hpp>

#include <exception>
#include <iostream>

#if defined(SQLITE_VERSION) || defined(LIBPQ_FE_H) || defined(GOOGLE_PROTOBUF_VERSION)
#error "heddle/open.hpp includes a driver or protobuf"
#endif

bool stores_with_a_tracer();
bool stores_without_a_choice();

namespace {

bool stores() {
  heddle::AnyBackend backend = heddle::open_json(R"({"sqlite": {"path": ":memory:"}})");
  const auto context = heddle::Context::for_user("ada");
  backend.session_storage().save_session(context, {.id = "first"});
  return backend.session_storage().load_session(context, "first").has_value();
}

}  // namespace

int main() {
  try {
    return stores() && stores_with_a_tracer() && stores_without_a_choice() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
