#pragma once

#include "heddle/core.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What is in the database of version 0.1.0 beside three transcripts.
namespace released {

inline const heddle::Context tenant = heddle::Context::for_user("airline-0");

/// Stores records of each kind, with idempotency keys; returns what the calls returned. Version 0.1.0 compiled the same
/// text.
template <class Backend>
std::vector<std::string> store_known(Backend& backend) {
  using namespace heddle;
  const Timestamp time{std::chrono::microseconds(1'700'000'000'000'000)};
  const ToolResult result{.success = true, .data = {R"({"rows": [1.0, 12345678901234567890]})"}};
  const Turn turn{{{.content = "Refund my order.", .timestamp = time},
                   {.role = Role::assistant,
                    .tool_calls = {{.id = "call_0", .name = "refund", .input = {R"({"order": "a\"b"})"}}},
                    .timestamp = time,
                    .token_count = 7,
                    .cost_usd = 0.25},
                   {.role = Role::tool, .tool_use_id = "call_0", .tool_result = result, .timestamp = time},
                   {.role = Role::assistant,
                    .tool_calls = {{.id = "call_0", .name = "check", .input = {"{}"}}},
                    .timestamp = time}},
                  {{.tool_name = "refund", .input = {R"({"order": 1})"}, .result = result, .timestamp = time}}};
  auto& sessions = backend.session_storage();
  std::vector<std::string> returned;
  static_cast<void>(sessions.save_session(
      tenant, {.id = "known", .name = "Known", .agent_id = "agent", .created_at = time}, {.idempotency_key = "k0"}));
  const SequenceRange range = sessions.save_turn(tenant, "known", turn, {.idempotency_key = "k1"});
  returned.push_back(std::to_string(range.first) + ".." + std::to_string(range.last));
  returned.push_back(std::to_string(
      sessions.save_message(tenant, "known", {.content = "Thanks.", .timestamp = time}, {.idempotency_key = "k2"})));
  returned.push_back(sessions.save_snapshot(
      tenant, {.session_id = "known", .snapshot_type = "l2", .content = "They talked.", .created_at = time},
      {.idempotency_key = "k3"}));
  returned.push_back(backend.error_store().store(
      tenant, {.timestamp = time, .session_id = "known", .tool_name = "refund", .raw_error = "HTTP 503\nlong"},
      {.idempotency_key = "k4"}));
  returned.push_back(backend.artifact_store().index(tenant,
                                                    {.name = "plan.csv",
                                                     .path = "/plan.csv",
                                                     .purpose = "the plan",
                                                     .content_type = "text/csv",
                                                     .size_bytes = 7,
                                                     .created_at = time,
                                                     .tags = {"tag"},
                                                     .metadata = {{"k", "v"}},
                                                     .session_id = "known"},
                                                    {.idempotency_key = "k5"}));
  const Table table{{"a", "b"}, {{std::int64_t{1}, std::string("x")}, {std::int64_t{2}, 2.5}}};
  returned.push_back(backend.result_store()
                         .store(tenant,
                                {.table_name = "t", .table = table, .time_to_live = std::chrono::hours(24 * 365 * 90)},
                                {.idempotency_key = "k6"})
                         .id);
  returned.push_back(backend.human_request_store().store(
      tenant, {.agent_id = "agent", .session_id = "known", .question = "Go on?", .created_at = time},
      {.idempotency_key = "k7"}));
  return returned;
}

}  // namespace released
