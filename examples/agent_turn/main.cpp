#include <heddle/sqlite.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>

int main() {
  using namespace heddle;
  Backend<Sqlite> storage({.path = "agent_turn.db"});
  storage.migrate();
  const auto alice = Context::for_user("alice").with_timeout(std::chrono::seconds(30));
  storage.session_storage().ensure_session(alice, {.id = "s2", .name = "Refund", .agent_id = "helper"});

  // What a tool returned is too large for a message: stored once, then queried by SQL that the model writes.
  auto& results = storage.result_store();
  const Table orders{{"id", "cost"}, {{std::int64_t{1}, 30.5}, {std::int64_t{2}, 99.9}, {std::int64_t{3}, 12.0}}};
  results.store(alice, {.id = "orders", .table_name = "orders", .table = orders});
  const auto highest = results.query(alice, "orders", "SELECT id, max(cost) FROM orders").rows.front();
  std::cout << "order " << std::get<std::int64_t>(highest[0]) << " cost " << std::get<double>(highest[1]) << "\n";

  // The turn with its call, result and execution is stored whole or not at all; a repeat of the key changes nothing.
  const JsonValue input{R"({"customer": "alice"})"};
  const ToolResult result{.success = true, .data = {R"({"result": "orders", "rows": 3})"}};
  const Turn turn{{{.content = "Refund my most expensive order."},
                   {.role = Role::assistant, .tool_calls = {{.id = "c1", .name = "list_orders", .input = input}}},
                   {.role = Role::tool, .tool_use_id = "c1", .tool_result = result}},
                  {{.tool_name = "list_orders", .input = input, .result = result}}};
  storage.session_storage().save_turn(alice, "s2", turn, {.idempotency_key = "s2/turn-1"});

  // An error of a tool is kept in full; the model gets its first line.
  auto& errors = storage.error_store();
  const auto id = errors.store(
      alice, {.session_id = "s2", .tool_name = "refund", .raw_error = "HTTP 503\n<html>a long page</html>"});
  std::cout << "refund failed: " << errors.get(alice, id)->short_summary << "\n";

  // A human decides; here in another thread, usually in another process.
  auto& requests = storage.human_request_store();
  const auto question = requests.store(alice, {.agent_id = "helper", .session_id = "s2", .question = "Try again?"});
  std::jthread reviewer([&] { requests.respond(alice, question, {.status = RequestStatus::approved}); });
  std::cout << "a human says: " << to_string(requests.wait(alice, question).status) << "\n";
}
