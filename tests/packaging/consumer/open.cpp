// Uses heddle::open of an installed Heddle: a backend chosen at run time.
#include <heddle/open.hpp>

#include <exception>
#include <iostream>

int main() {
  try {
    heddle::AnyBackend backend = heddle::open_json(R"({"sqlite": {"path": ":memory:"}})");

    const auto context = heddle::Context::for_user("ada");
    backend.session_storage().save_session(context, {.id = "first"});
    return backend.session_storage().load_session(context, "first") ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
