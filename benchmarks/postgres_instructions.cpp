// Saves a message or loads a session of 100 messages COUNT times, for callgrind: `postgres_instructions
// heddle|one_by_one save|load WORDS COUNT`, with WORDS words in a message. The client's instructions for one operation
// are (Ir(2N) - Ir(N)) / N; `run` computes them.
#include "postgres_setup.hpp"

#include <cstdlib>
#include <functional>
#include <string>

int main(int argc, char** argv) {
  if (argc != 5) { return 2; }
  const bool one_by_one = std::string(argv[1]) == "one_by_one";
  const bool load = std::string(argv[2]) == "load";
  const int count = std::atoi(argv[4]);
  constexpr int in_session = 100;

  benchmarks::PostgresSetup setup;
  const std::string user = "user";
  const std::string id = "session";
  const auto context = heddle::Context::for_user(user);
  heddle::Backend<heddle::Postgres> backend(benchmarks::PostgresSetup::config(setup.app_dsn()));
  benchmarks::OneByOne other(benchmarks::PostgresSetup::one_by_one(setup.app_dsn()));
  backend.session_storage().save_session(context, {.id = id});
  other.save_session(user, id);

  benchmarks::Messages messages(1, std::atoi(argv[3]));
  const auto save = [&] {
    if (one_by_one) {
      other.save_message(user, id, messages.next());
    } else {
      backend.session_storage().save_message(context, id, messages.next());
    }
  };
  for (int index = 0; load && index < in_session; ++index) { save(); }
  for (int index = 0; index < count; ++index) {
    if (!load) {
      save();
    } else if (one_by_one) {
      if (other.load_session(user, id).messages.items.size() != in_session) { return 1; }
    } else if (backend.session_storage().load_session(context, id)->messages.items.size() != in_session) {
      return 1;
    }
  }
}
