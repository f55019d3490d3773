#pragma once

#include "transcript.hpp"

#include <heddle/concepts/storage_backend.hpp>
#include <heddle/formats/anthropic.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <variant>
#include <vector>

/// Returns the beginning of a text on one line.
inline std::string shorten(std::string text) {
  constexpr std::size_t width = 90;
  for (char& each : text) {
    if (each == '\n') { each = ' '; }
  }
  if (text.size() <= width) { return text; }
  std::size_t end = width;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
  return text.substr(0, end) + "...";
}

void list_and_replay(heddle::StorageBackend auto& storage, const heddle::Context& context) {
  const auto page = storage.session_storage().list_sessions(context, {.limit = 5});
  std::printf("\nThe five sessions of %s that were updated last:", context.user_id.c_str());
  for (const auto& id : page.items) { std::printf(" %s", id.c_str()); }
  const auto session = storage.session_storage().load_session(context, page.items.front(), {.limit = 8});
  std::printf("\n%s begins:\n", session->name.c_str());
  for (const auto& message : session->messages.items) {
    const std::string text = message.tool_result          ? shorten(message.tool_result->data.text)
                             : message.tool_calls.empty() ? shorten(message.content)
                                                          : message.tool_calls.front().name + " " +
                                                                shorten(message.tool_calls.front().input.text);
    std::printf("  %2d %-9s %s\n", static_cast<int>(message.sequence), std::string(to_string(message.role)).c_str(),
                text.c_str());
  }
}

/// What a server does for each request to a model, which gets the window and returns an answer.
template <heddle::StorageBackend Storage, class Model>
void take_turn(Storage& storage, const heddle::Context& context, const std::string& session_id, Model&& model) {
  auto& sessions = storage.session_storage();
  const heddle::LoadedWindow window = sessions.load_messages(context, session_id, {.last = 50, .tokens = 100'000});
  const heddle::Turn turn{{{.role = heddle::Role::assistant, .content = model(window.messages)}}};
  // Throws `conflict` if another answer came first, or if a retry finds its own: load the window again.
  sessions.save_turn(context, session_id, turn, {.expected = window.end});
}

/// The same with the JSON of a provider: `send` posts the body of a request and returns that of the response.
template <heddle::StorageBackend Storage, class Send>
void ask_provider(Storage& storage, const heddle::Context& context, const std::string& session_id, Send&& send) {
  namespace anthropic = heddle::formats::anthropic;
  auto& sessions = storage.session_storage();
  const heddle::LoadedWindow window = sessions.load_messages(context, session_id, {.last = 50});
  const heddle::formats::Request request{window.messages, R"({"model": "claude-sonnet-4-5", "max_tokens": 1024})"};
  const heddle::Message answer = anthropic::read_response(send(anthropic::write_request(request)));
  // With its id, model, stop reason and usage, and every field that Heddle does not know.
  sessions.save_message(context, session_id, answer, {.expected = window.end});
}

/// Tries another end of a conversation, without a change of the conversation itself.
void fork_and_rewind(heddle::StorageBackend auto& storage, const heddle::Context& context,
                     const std::string& session_id) {
  auto& sessions = storage.session_storage();
  const std::int64_t half = sessions.load_session(context, session_id, {.limit = 1})->last_sequence / 2;
  const std::string fork = session_id + ", another end";
  std::printf("\nA fork of %s at message %d:\n", session_id.c_str(), static_cast<int>(half));
  sessions.fork_session(context, session_id, half, {.id = fork, .name = "Another end", .agent_id = "airline"});
  const auto says = [](const char* answer) {
    return [answer](const std::vector<heddle::Message>& window) {
      std::printf("  the model gets %zu messages and says: %s\n", window.size(), answer);
      return std::string(answer);
    };
  };
  take_turn(storage, context, fork, says("I am afraid I cannot help you with that."));
  sessions.rewind_session(context, fork, half);  // not a good answer: hidden, not lost
  take_turn(storage, context, fork, says("Let me look at your reservation."));
  ask_provider(storage, context, fork, [](const std::string& body) {
    std::printf("  another provider gets the same conversation as %zu bytes of its JSON\n", body.size());
    return R"({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
               "content": [{"type": "text", "text": "Which reservation is it?"}], "stop_reason": "end_turn",
               "stop_sequence": null, "usage": {"input_tokens": 2095, "output_tokens": 8}})";
  });
  for (const auto& row : sessions.find_sessions(context, {.name_contains = "Another end"}).items) {
    std::printf("  %s ends with: %s\n", row.id.c_str(), row.preview.c_str());
  }
  sessions.delete_session(context, fork);
}

void search(heddle::StorageBackend auto& storage, const heddle::Context& context) {
  for (const char* query : {"I'd like to cancel!", "\"travel insurance\" refund", "checked bags (free)"}) {
    const auto page = storage.session_storage().search_messages(context, {.query = query}, {.limit = 2});
    std::printf("\nSearch for %s:%s\n", query, page.items.empty() ? " nothing" : "");
    for (const auto& message : page.items) {
      std::printf("  %s #%d: %s\n", message.session_id.c_str(), static_cast<int>(message.sequence),
                  shorten(message.content).c_str());
    }
  }
}

/// Stores a table of the executions and queries it with SQL, as an agent would.
void query_result(heddle::StorageBackend auto& storage, const heddle::Context& context, const TranscriptFile& file) {
  heddle::NewResult result{.id = "tool-usage", .table_name = "tool_usage"};
  result.table.columns = {"session", "tool", "success", "answer_bytes"};
  for (const auto& transcript : file.transcripts) {
    if (transcript.tenant != context.user_id) { continue; }
    for (const auto& turn : transcript.turns) {
      for (const auto& execution : turn.executions) {
        result.table.rows.push_back({transcript.session_id, execution.tool_name, execution.result->success,
                                     static_cast<std::int64_t>(execution.result->data.text.size())});
      }
    }
  }
  const auto reference = storage.result_store().store(context, result);
  const auto answer = storage.result_store().query(
      context, reference.id,
      "SELECT tool, count(*) AS calls, sum(NOT success) AS failed FROM tool_usage GROUP BY tool ORDER BY calls DESC "
      "LIMIT 4");
  std::printf("\nA stored table of %zu rows, queried with SQL for the busiest tools:\n", result.table.rows.size());
  for (const auto& row : answer.rows) {
    std::printf("  %-30s %3d calls, %d failed\n", std::get<std::string>(row[0]).c_str(),
                static_cast<int>(std::get<std::int64_t>(row[1])), static_cast<int>(std::get<std::int64_t>(row[2])));
  }
}

/// Stores a file of the session, finds it and reads it again.
void store_file(heddle::StorageBackend auto& storage, const heddle::Context& context, const std::string& session_id) {
  auto& artifacts = storage.artifact_store();
  const std::string text = "# Summary of " + session_id;
  artifacts.put(context,
                {.id = "summary-" + session_id,
                 .name = "summary.md",
                 .source = heddle::ArtifactSource::agent,
                 .purpose = "summary of a conversation",
                 .content_type = "text/markdown",
                 .tags = {"summary"},
                 .session_id = session_id},
                text, {.idempotency_key = "summary-" + session_id});
  const heddle::Artifact found = artifacts.search(context, {.query = "summary conversation"}).items.front();
  heddle::ArtifactReader file = artifacts.open(context, found.id);
  std::printf("\nA file, stored and found again: %s, version %d, sha256 %.12s..., begins with \"%s\"\n",
              found.name.c_str(), static_cast<int>(file.version().version), file.version().checksum.c_str(),
              shorten(file.rest()).c_str());
}

void store_error(heddle::StorageBackend auto& storage, const heddle::Context& context, const TranscriptFile& file) {
  for (const auto& transcript : file.transcripts) {
    for (const auto& turn : transcript.turns) {
      if (transcript.tenant != context.user_id || turn.executions.empty() || turn.executions.front().result->success) {
        continue;
      }
      const auto id = storage.error_store().store(context,
                                                  {.session_id = transcript.session_id,
                                                   .tool_name = turn.executions.front().tool_name,
                                                   .raw_error = turn.executions.front().result->data.text},
                                                  {.idempotency_key = "first-error"});
      std::printf("\nA tool's error, stored as %s: %s\n", id.c_str(),
                  storage.error_store().get(context, id)->short_summary.c_str());
      return;
    }
  }
}

/// An agent asks, a human answers on another thread, and the agent continues.
void ask_human(heddle::StorageBackend auto& storage, const heddle::Context& context, const std::string& session_id) {
  auto& requests = storage.human_request_store();
  const auto id = requests.store(context,
                                 {.agent_id = "airline-agent",
                                  .session_id = session_id,
                                  .question = "May I refund 120 dollars?",
                                  .timeout_ms = std::chrono::hours(24 * 365)},
                                 {.idempotency_key = "refund"});
  std::jthread human([&] {
    requests.respond(context, id,
                     {.status = heddle::RequestStatus::approved, .response = "Yes", .responded_by = "supervisor"},
                     {.idempotency_key = "refund-answer"});
  });
  const auto settled = requests.wait(context.with_timeout(std::chrono::seconds(10)), id);
  std::printf("\nA question to a human: %s %s, says the %s.\n", settled.question.c_str(), settled.response.c_str(),
              settled.responded_by.c_str());
}
