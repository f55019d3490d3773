#pragma once

#include "conformance/contents.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/transfer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef HEDDLE_CONFORMANCE_POSTGRES
extern template struct heddle::transfer::Transfer<support::DecoratedSqlite, heddle::NoTracing>;
#endif

/// Tenants with all kinds of data, and their streams.
namespace conformance {

/// A stream and what its export says.
struct Exported {
  std::string bytes{};
  heddle::ExportReport report{};
};

template <class Backend>
Exported exported(Backend& backend, const heddle::Context& context,
                  heddle::Timestamp time = heddle::Timestamp(std::chrono::microseconds(1'700'000'000'000'000))) {
  Exported result;
  result.report =
      heddle::export_user(backend, context, [&](std::string_view bytes) { result.bytes += bytes; }, {.time = time});
  return result;
}

/// Returns whether two sessions are the same, but for their messages.
inline bool is_same(const heddle::Session& one, const heddle::Session& two) {
  return one.id == two.id && one.name == two.name && one.agent_id == two.agent_id &&
         one.parent_session_id == two.parent_session_id && one.context == two.context &&
         one.created_at == two.created_at && one.updated_at == two.updated_at &&
         one.total_cost_usd == two.total_cost_usd && one.total_tokens == two.total_tokens &&
         one.last_sequence == two.last_sequence && one.revision == two.revision && one.branch == two.branch;
}

/// Returns the lines of a stream, without their ends.
inline std::vector<std::string> lines_of(const std::string& stream) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < stream.size();) {
    const std::size_t end = stream.find('\n', start);
    lines.push_back(stream.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// Returns a stream of these lines, with a trailer that fits them in the place of the last one.
inline std::string sealed(std::vector<std::string> lines) {
  lines.pop_back();
  std::vector<std::pair<std::string, int>> counts;
  std::string before;
  std::string records;
  for (const std::string& line : lines) {
    if (!before.empty()) {
      const std::string type = line.substr(9, line.find('"', 9) - 9);
      // Contents and their chunks take turns.
      auto count = counts.begin();
      while (count != counts.end() && count->first != type) { ++count; }
      if (count == counts.end()) { count = counts.insert(count, {type, 0}); }
      ++count->second;
      records.append(line).append("\n");
    }
    before.append(line).append("\n");
  }
  std::string list;
  for (const auto& [type, count] : counts) {
    list.append(list.empty() ? "\"" : ",\"").append(type).append("\":").append(std::to_string(count));
  }
  const auto digest = [](const std::string& text) {
    return heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(text)));
  };
  return before + R"({"type":"trailer","counts":{)" + list + R"(},"records_sha256":")" + digest(records) +
         R"(","sha256":")" + digest(before) + "\"}\n";
}

/// Messages with calls, results, parts and usage, an open call, and a stream that is under way.
template <class Backend>
void fill_messages(Backend& backend, const heddle::Context& context) {
  auto& store = backend.session_storage();
  add_session(backend, context, "root", "planner");
  store.save_message(context, "root", full_message(), {.idempotency_key = "first"});
  store.save_message(context, "root", says("control \x01\x7f \t, \u2028 and a question: what is a heddle?"));
  heddle::Message whole{.role = heddle::Role::assistant, .agent_id = "writer", .token_count = 5, .cost_usd = 0.1};
  whole.parts = {heddle::Part{.kind = heddle::PartKind::text, .text = "It lifts"},
                 heddle::Part{.kind = heddle::PartKind::text, .text = "threads"},
                 heddle::Part{.kind = heddle::PartKind::tool_call, .call = {"open", "look", {"{\"a\": 1}"}, ""}}};
  whole.model = "m";
  whole.usage.input_tokens = 3;
  whole.metadata = heddle::JsonObject{"{\"spaced\" :  [1.0]}"};
  store.save_turn(context, "root",
                  {.messages = {whole}, .executions = {{.tool_name = "look", .input = {"no JSON"}, .error = "failed"}}},
                  {.idempotency_key = "turn"});
  for (int number = 4; number <= 9; ++number) {
    store.save_message(context, "root", says("message " + std::to_string(number)));
  }
  auto stream = backend.stream_store().begin(context, "root", {.role = heddle::Role::assistant});
  backend.stream_store().append(context, stream, "it grows ");
  backend.stream_store().append(context, stream, "and grows");
}

/// Forks, rewinds, folds, a redaction, and branches whose session is gone.
template <class Backend>
void fill_branches(Backend& backend, const heddle::Context& context) {
  auto& store = backend.session_storage();
  store.fold_messages(context, "root", {2, 3}, {.snapshot_type = "summary", .content = "inner", .token_count = 1});
  store.fold_messages(context, "root", {1, 5}, {.snapshot_type = "summary", .content = "outer", .token_count = 2});
  store.fork_session(context, "root", 7, {.id = "fork", .name = "a fork", .agent_id = "planner"});
  store.save_message(context, "fork", says("only in the fork"));
  store.rewind_session(context, "root", 8);
  store.save_message(context, "root", says("another ninth"));
  store.rewind_session(context, "root", 6);
  store.save_message(context, "root", says("another seventh"));
  store.restore_branch(context, "root", 2);
  store.redact_messages(context, "root", {4, 4}, "asked for");

  add_session(backend, context, "ancestor");
  store.save_messages(context, "ancestor", std::vector{says("one"), says("two"), says("three")});
  store.fork_session(context, "ancestor", 2, {.id = "heir", .parent_session_id = "root"});
  store.save_message(context, "heir", says("three of the heir"));
  store.delete_session(context, "ancestor");
  // A parent that was stored later.
  add_session(backend, context, "late");
  store.update_session(context, "fork", {.parent_session_id = "late"});
}

/// Records of all other kinds, with a session and without.
template <class Backend>
void fill_records(Backend& backend, const heddle::Context& context) {
  using namespace std::chrono_literals;
  backend.session_storage().save_snapshot(
      context, {.id = "snapshot", .session_id = "root", .snapshot_type = "context", .content = "so far"});
  auto& errors = backend.error_store();
  errors.store(context, {.id = "e1", .session_id = "root", .tool_name = "look", .raw_error = R"({"why": "x"})"});
  errors.store(context, {.id = "e2", .tool_name = "look", .raw_error = "plain text"});
  auto& requests = backend.human_request_store();
  requests.store(context, {.id = "h1", .agent_id = "planner", .session_id = "root", .question = "May I?"});
  requests.store(context, {.id = "h2",
                           .agent_id = "planner",
                           .question = "And I?",
                           .kind = "call",
                           .summary = "short",
                           .parameters = {"[1,  2]"}});
  requests.respond(context, "h2", {.status = heddle::RequestStatus::approved, .response = "yes"},
                   {.idempotency_key = "answer"});
  backend.result_store().store(
      context, {.id = "r1",
                .table = {{"name", "size"}, {{std::string("a\nb"), std::int64_t{1}}, {std::monostate{}, 2.5}}},
                .time_to_live = 24h,
                .metadata = {{"from", "test"}}});
}

/// Artifacts with contents and versions, with a session and without, and one that is deleted.
template <class Backend>
void fill_artifacts(Backend& backend, const heddle::Context& context) {
  auto& store = backend.artifact_store();
  store.put(
      context,
      {.id = "a1", .name = "report.txt", .purpose = "the report", .tags = {"x", "y\"z"}, .metadata = {{"k", "v"}}},
      "first version");
  store.put(context, {.id = "a1", .name = "report.txt"}, bytes_of((std::size_t{2} << 20U) + 17));
  store.put(context, {.id = "a2", .name = "copy.txt", .session_id = "root"}, "first version");
  store.put(context, {.id = "a3", .name = "empty"}, "");
  store.index(context, {.id = "a4", .name = "elsewhere", .path = "/not/ours"});
  store.put(context, {.id = "a5", .name = "gone"}, "soft");
  store.remove(context, "a5", heddle::DeleteMode::soft);
  store.record_access(context, "a1");
  store.set_quota(context, std::int64_t{1} << 40U);
}

template <class Backend>
void fill(Backend& backend, const heddle::Context& context) {
  fill_messages(backend, context);
  fill_branches(backend, context);
  fill_records(backend, context);
  fill_artifacts(backend, context);
}

/// Returns a new tenant with so many sessions of so many messages.
template <class Backend>
heddle::Context tenant_with_sessions(Backend& backend, int sessions, int messages) {
  const auto tenant = heddle::Context::for_user(std::to_string(sessions) + " with " + std::to_string(messages));
  for (int number = 0; number < sessions; ++number) {
    const std::string id = "s" + std::to_string(number);
    add_session(backend, tenant, id);
    backend.session_storage().save_messages(tenant, id,
                                            std::vector(static_cast<std::size_t>(messages), says("in " + id)));
  }
  return tenant;
}

}  // namespace conformance
