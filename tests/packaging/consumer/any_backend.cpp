// A backend and a handle from headers alone: no compiled library of Heddle is linked.
#include <heddle/any_backend.hpp>
#include <heddle/sqlite.hpp>

#include <exception>
#include <iostream>

namespace {

bool stores(heddle::StorageBackend auto& backend) {
  backend.migrate();
  const auto context = heddle::Context::for_user("ada");
  backend.session_storage().save_session(context, {.id = "first"});
  return backend.session_storage().load_session(context, "first").has_value();
}

}  // namespace

int main() {
  try {
    heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
    auto handle = heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(heddle::sqlite::Config{.path = ":memory:"});
    return stores(backend) && stores(handle) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
