// A server on PostgreSQL: several tenants, deadlines, safe retries, and what only some backends can do.
//
//   LOOM_PG_DSN=... LOOM_PG_ADMIN_DSN=... many_tenants      examples/with_database sets them up
#include <heddle/capabilities.hpp>
#include <heddle/config/environment.hpp>
#include <heddle/postgres.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;

/// Repeats a write until it is known to be stored. A write whose error is `in_doubt()` may be committed: with the
/// idempotency key of `write`, the repeat finds it and returns what the first attempt would have returned.
auto with_retries(const heddle::Context& context, auto&& write) {
  for (auto pause = 10ms;; pause *= 2) {
    try {
      return write();
    } catch (const heddle::Error& error) {
      if (!error.retryable()) { throw; }
      std::cout << "  trying again" << (error.in_doubt() ? ", it may be stored" : "") << ": " << error.what() << '\n';
    }
    context.check();
    std::this_thread::sleep_for(pause);
  }
}

/// Handles one request: stores a tenant's message within two seconds, or throws.
void serve(heddle::StorageBackend auto& storage, const std::string& tenant, const std::string& text) {
  const auto context = heddle::Context::for_user(tenant).with_timeout(2s);
  auto& sessions = storage.session_storage();
  sessions.ensure_session(context, {.id = "talk"});
  bool answer_gets_lost = true;
  const auto sequence = with_retries(context, [&] {
    const auto saved = sessions.save_message(context, "talk", {.content = text}, {.idempotency_key = "talk/1"});
    // Simulates a connection that breaks right after the commit.
    if (std::exchange(answer_gets_lost, false)) {
      throw heddle::Error(heddle::ErrorCode::unavailable, "no response came", {}, heddle::Outcome::in_doubt);
    }
    return saved;
  });
  std::cout << tenant << " has " << sessions.statistics(context).messages << " message, number " << sequence << '\n';
}

/// Hides a session, so that it can be restored, if the backend can; otherwise deletes it.
void retire(heddle::StorageBackend auto& storage, const heddle::Context& context, const std::string& session_id) {
  if (const auto deletion = heddle::soft_deletion(storage)) {
    deletion->soft_delete_session(context, session_id);
  } else {
    storage.session_storage().delete_session(context, session_id);
  }
}

/// Prints an operator's view of all tenants.
void report(heddle::StorageBackend auto& storage) {
  if (const auto administration = heddle::administration(storage)) {
    for (const auto& [user_id, count] : administration->sessions_per_user({}).items) {
      std::cout << "  " << user_id << ": " << count << " session\n";
    }
  } else {
    std::cout << "  this backend shows one tenant at a time\n";
  }
}

}  // namespace

int main() {
  try {
    const heddle::Environment environment;
    const auto dsn = environment.get("LOOM_PG_DSN");
    const auto admin_dsn = environment.get("LOOM_PG_ADMIN_DSN");
    if (!dsn || !admin_dsn) {
      std::cerr << "many_tenants: set LOOM_PG_DSN and LOOM_PG_ADMIN_DSN; see examples/with_database\n";
      return 1;
    }
    heddle::Backend<heddle::Postgres> storage({.dsn = *dsn, .admin_dsn = *admin_dsn});
    storage.migrate();
    serve(storage, "alice", "What's the status of my order?");
    serve(storage, "bob", "Cancel my flight.");
    report(storage);
    const auto bob = heddle::Context::for_user("bob");
    retire(storage, bob, "talk");
    std::cout << "without bob's talk:\n";
    report(storage);
    storage.session_storage().restore_session(bob, "talk");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "many_tenants: " << error.what() << '\n';
    return 1;
  }
}
