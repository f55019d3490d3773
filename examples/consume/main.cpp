// Stores one message with an installed Heddle and reads it back.
#include <heddle/sqlite.hpp>

#include <exception>
#include <iostream>

int main() {
  try {
    heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
    backend.migrate();

    const auto context = heddle::Context::for_user("ada");
    auto& sessions = backend.session_storage();
    sessions.save_session(context, {.id = "first"});
    sessions.save_message(context, "first", {.content = "Hello, loom."});

    const auto loaded = sessions.load_session(context, "first");
    if (!loaded || loaded->messages.items.size() != 1) { return 1; }
    std::cout << loaded->messages.items.front().content << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
