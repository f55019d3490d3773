// Opens the storage that a configuration describes, without knowing which backend that will be:
//
//   runtime_choice [CONFIG]      a file in JSON or in protobuf's binary form, for example
//                                {"sqlite": {"path": "agents.db", "durability": "SQLITE_DURABILITY_NORMAL"}}
//
// Without a configuration it is SQLite in $LOOM_DATA_DIR, or in ~/.loom.
#include <heddle/open.hpp>

#include <chrono>
#include <exception>
#include <iostream>

namespace {

// Written once for all backends, static or chosen at run time.
void greet(heddle::StorageBackend auto& storage, const heddle::Context& context) {
  auto& sessions = storage.session_storage();
  sessions.save_session(context, {.id = "greetings", .name = "Who was here"});
  sessions.save_message(context, "greetings", {.role = heddle::Role::user, .content = "Hello, loom."});
  const auto count = sessions.for_each_message(
      context, "greetings", [](const heddle::Message& message) { std::cout << message.content << '\n'; });
  std::cout << count << " greetings so far\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto storage = heddle::open(argc > 1 ? heddle::load_config(argv[1]) : heddle::v1::StorageConfig());

    const auto status = heddle::health(storage, heddle::Context{}.with_timeout(std::chrono::seconds(2)));
    std::cout << storage.name() << ": " << (status.healthy() ? "healthy" : status.error())
              << ", schema version " << status.migration_version() << '\n';
    if (storage.administration() == nullptr) { std::cout << "it cannot see across tenants\n"; }

    greet(storage, heddle::Context::for_user("ada"));
    return status.healthy() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
