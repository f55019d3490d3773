#include <heddle/sqlite.hpp>

#include <iostream>

int main() {
  heddle::Backend<heddle::Sqlite> backend({.path = "quickstart.db"});
  backend.migrate();

  const auto alice = heddle::Context::for_user("alice");
  auto& sessions = backend.session_storage();
  sessions.ensure_session(alice, {.id = "s1", .name = "First talk", .agent_id = "helper"});
  sessions.save_message(alice, "s1", {.role = heddle::Role::user, .content = "What's the status of report.csv?"},
                        {.idempotency_key = "question-1"});  // a retry changes nothing
  sessions.save_message(alice, "s1", {.role = heddle::Role::assistant, .content = "It is ready."},
                        {.idempotency_key = "answer-1"});

  for (const auto& message : sessions.load_messages(alice, "s1").items) {
    std::cout << message.sequence << " " << to_string(message.role) << ": " << message.content << "\n";
  }
  std::cout << sessions.search_messages(alice, {.query = "report.csv"}).items.size() << " found\n";
}
