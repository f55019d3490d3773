// Opens the storage that a configuration describes; the code does not depend on the backend:
//
//   runtime_choice [CONFIG]      a file in JSON or in protobuf's binary format, or JSON itself, for example
//                                '{"sqlite": {"path": "agents.db", "durability": "SQLITE_DURABILITY_NORMAL"}}'
//
// Without a configuration it opens SQLite in $LOOM_DATA_DIR, or in ~/.loom.
#include <heddle/capabilities.hpp>
#include <heddle/health.hpp>
#include <heddle/open.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string_view>

namespace {

// Written once for all backends, static or chosen at run time.
void greet(heddle::StorageBackend auto& storage, const heddle::Context& context) {
  auto& sessions = storage.session_storage();
  sessions.ensure_session(context, {.id = "greetings", .name = "Who was here"});
  sessions.save_message(context, "greetings", {.role = heddle::Role::user, .content = "Hello, loom."});
  const auto count = sessions.for_each_message(
      context, "greetings", [](const heddle::Message& message) { std::cout << message.content << '\n'; });
  std::cout << count << " greetings so far\n";
}

/// Prints what the backend can do, with the same functions for every backend.
void describe(heddle::StorageBackend auto& storage, const heddle::Context& context) {
  std::cout << (heddle::online_backup(storage) ? "can" : "cannot") << " be copied while it is in use\n"
            << (heddle::soft_deletion(storage) ? "can" : "cannot") << " hide sessions before they are removed\n";
  if (const auto administration = heddle::administration(storage)) {
    std::cout << administration->statistics(context).users << " users\n";
  } else {
    std::cout << "cannot see across tenants\n";
  }
}

heddle::AnyBackend open_storage(std::string_view configuration) {
  if (configuration.empty()) { return heddle::open(); }
  return configuration.starts_with('{') ? heddle::open_json(configuration) : heddle::open_file(configuration);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto storage = open_storage(argc > 1 ? argv[1] : "");
    const auto brief = heddle::Context{}.with_timeout(std::chrono::seconds(2));
    const auto health = heddle::health(storage, brief);
    std::cout << storage.name() << ": " << (health.ready ? "ready" : "not ready") << '\n';
    for (const auto& reason : health.reasons) { std::cout << to_string(reason.problem) << ": " << reason.text << '\n'; }
    describe(storage, brief);
    greet(storage, heddle::Context::for_user("ada"));
    return health.ready ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
