#pragma once

#include <heddle/context.hpp>
#include <heddle/model/message_window.hpp>
#include <heddle/model/table.hpp>
#include <heddle/time.hpp>

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Compares what a Go server reads back from its database, as JSON, with what Heddle reads from the adopted one.
namespace adoption {

using Json = rapidjson::Value;

inline std::filesystem::path fixtures() { return HEDDLE_TEST_ADOPTION; }

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) { throw std::runtime_error("cannot read " + path.string()); }
  return {std::istreambuf_iterator<char>(file), {}};
}

inline rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(text.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

/// Null is empty.
inline std::string text(const Json& value) { return value.IsNull() ? "" : value.GetString(); }
inline heddle::Timestamp moment(const Json& microseconds) {
  return heddle::Timestamp(std::chrono::microseconds(microseconds.GetInt64()));
}
inline std::optional<heddle::Timestamp> optional_moment(const Json& value) {
  return value.IsNull() ? std::nullopt : std::optional(moment(value));
}
inline std::optional<std::string> optional_text(const Json& value) {
  return value.IsNull() ? std::nullopt : std::optional<std::string>(value.GetString());
}
/// The same value, whatever its form; an unset map of Go is null.
inline bool is_same_json(const std::string& stored, const Json& value, const char* unset = "{}") {
  if (value.IsNull()) { return stored == unset; }
  const rapidjson::Document document = parsed(stored);
  const Json& root = document;
  return root == value;
}

template <class Result>
void check_result(const Result& result, const Json& go) {
  CHECK(result.success == go["Success"].GetBool());
  CHECK(is_same_json(result.data.text, go["Data"], "null"));
  CHECK(is_same_json(result.metadata.text, go["Metadata"]));
  CHECK(result.execution_time_ms.count() == go["ExecutionTimeMs"].GetInt64());
  CHECK(result.cache_hit == go["CacheHit"].GetBool());
  REQUIRE(result.error.has_value() == !go["Error"].IsNull());
  if (result.error) {
    const Json& error = go["Error"];
    CHECK(result.error->code == text(error["Code"]));
    CHECK(result.error->message == text(error["Message"]));
    CHECK(is_same_json(result.error->details.text, error["Details"]));
    CHECK(result.error->retryable == error["Retryable"].GetBool());
    CHECK(result.error->suggestion == text(error["Suggestion"]));
  }
  REQUIRE(result.data_reference.has_value() == !go["DataReference"].IsNull());
  if (result.data_reference) {
    const Json& reference = go["DataReference"];
    CHECK(result.data_reference->id == text(reference["id"]));
    CHECK(result.data_reference->size_bytes == reference["size_bytes"].GetInt64());
    CHECK(to_string(result.data_reference->location) == "database");
    CHECK(result.data_reference->checksum == text(reference["checksum"]));
    CHECK(result.data_reference->compressed);
    CHECK(result.data_reference->content_type == text(reference["content_type"]));
    CHECK(result.data_reference->metadata.at("table") == "t");
    CHECK(result.data_reference->stored_at ==
          heddle::Timestamp(std::chrono::milliseconds(reference["stored_at"].GetInt64())));
  }
}

template <class Message>
void check_message(const Message& message, const Json& go) {
  CHECK(to_string(message.role) == text(go["role"]));
  CHECK(message.content == text(go["content"]));
  CHECK(message.tool_use_id == text(go["tool_use_id"]));
  CHECK(to_string(message.session_context) == text(go["session_context"]));
  CHECK(message.agent_id == text(go["agent_id"]));
  CHECK(message.timestamp == moment(go["timestamp"]));
  CHECK(message.token_count == go["token_count"].GetInt64());
  CHECK(message.cost_usd == go["cost_usd"].GetDouble());
  const Json none(rapidjson::kArrayType);
  const Json& calls = go["tool_calls"].IsNull() ? none : go["tool_calls"];
  REQUIRE(message.tool_calls.size() == calls.Size());
  for (rapidjson::SizeType at = 0; at < calls.Size(); ++at) {
    CHECK(message.tool_calls[at].id == text(calls[at]["ID"]));
    CHECK(message.tool_calls[at].name == text(calls[at]["Name"]));
    CHECK(is_same_json(message.tool_calls[at].input.text, calls[at]["Input"]));
    CHECK(message.tool_calls[at].thought_signature == text(calls[at]["ThoughtSignature"]));
  }
  REQUIRE(message.tool_result.has_value() == !go["tool_result"].IsNull());
  if (message.tool_result) { check_result(*message.tool_result, go["tool_result"]); }
  const auto metadata = parsed(message.metadata.text);
  const Json& kept = metadata["loom"];
  CHECK(kept["id"].GetInt64() == go["id"].GetInt64());
  CHECK((kept.HasMember("turn") ? kept["turn"].GetInt64() : 0) == go["turn"].GetInt64());
  CHECK(kept.HasMember("evicted") == (go["evicted"].GetInt64() != 0));
}

template <class Backend>
void check_session(Backend& backend, const heddle::Context& context, const Json& go) {
  auto& store = backend.session_storage();
  const std::string id = text(go["id"]);
  CAPTURE(id);
  const auto session = store.load_session(context, id);
  REQUIRE(session);
  CHECK(session->name == text(go["name"]));
  CHECK(session->agent_id == text(go["agent_id"]));
  CHECK(session->parent_session_id == optional_text(go["parent_session_id"]));
  CHECK(is_same_json(session->context.text, go["context"]));
  CHECK(session->created_at == moment(go["created_at"]));
  CHECK(session->updated_at == moment(go["updated_at"]));
  CHECK(session->total_cost_usd == go["total_cost_usd"].GetDouble());
  CHECK(session->total_tokens == go["total_tokens"].GetInt64());
  const auto all = store.load_messages(context, id, heddle::MessageWindow{.whole_exchanges = false, .folds = false});
  const Json& messages = go["messages"];
  REQUIRE(all.messages.size() == messages.Size());
  std::int64_t shown = 0;
  for (rapidjson::SizeType at = 0; at < messages.Size(); ++at) {
    CAPTURE(at);
    check_message(all.messages[at], messages[at]);
    shown += messages[at]["folded"].GetInt64() == 0 ? 1 : 0;
  }
  // Those that were folded away have one message in their place.
  const auto window = store.load_messages(context, id, heddle::MessageWindow{.whole_exchanges = false});
  const bool has_folds = shown != static_cast<std::int64_t>(messages.Size());
  REQUIRE(static_cast<std::int64_t>(window.messages.size()) == shown + (has_folds ? 1 : 0));
  for (const auto& message : window.messages) {
    if (message.folded_last == 0) { continue; }
    CHECK(message.content == "Asked for report.csv.");
    CHECK(message.folded_first == 2);
    CHECK(message.folded_last == 4);
  }
}

template <class Backend>
void check_records(Backend& backend, const heddle::Context& context, const Json& go) {
  auto& sessions = backend.session_storage();
  std::map<std::string, std::vector<const Json*>> executions;
  for (const Json& each : go["executions"].GetArray()) { executions[text(each["session_id"])].push_back(&each); }
  for (const auto& entry : executions) {
    const std::string& id = entry.first;
    const std::vector<const Json*>& expected = entry.second;
    const auto page = sessions.list_tool_executions(context, id);
    REQUIRE(page.items.size() == expected.size());
    for (std::size_t at = 0; at < expected.size(); ++at) {
      // Their order is that of a list: those of one second may come in another one.
      const Json* match = nullptr;
      for (const Json* each : expected) {
        if (text((*each)["tool_name"]) == page.items[at].tool_name) { match = each; }
      }
      REQUIRE(match != nullptr);
      CHECK(is_same_json(page.items[at].input.text, (*match)["input"]));
      CHECK(page.items[at].error.value_or("") == text((*match)["error"]));
      CHECK(page.items[at].timestamp == moment((*match)["timestamp"]));
      const Json& took = (*match)["execution_time_ms"];
      CHECK(page.items[at].execution_time_ms.count() == (took.IsNull() ? 0 : took.GetInt64()));
      REQUIRE(page.items[at].result.has_value() == !(*match)["result"].IsNull());
      if (page.items[at].result) { check_result(*page.items[at].result, (*match)["result"]); }
    }
  }
  CHECK_FALSE(go["snapshots"].Empty());
  for (const Json& each : go["snapshots"].GetArray()) {
    const auto page = sessions.load_snapshots(context, text(each["session_id"]), text(each["snapshot_type"]));
    bool found = false;
    for (const auto& snapshot : page.items) {
      found = found ||
              (snapshot.content == text(each["content"]) && snapshot.token_count == each["token_count"].GetInt64() &&
               snapshot.created_at == moment(each["created_at"]));
    }
    CHECK(found);
    std::size_t of_list = 0;
    for (const Json& other : go["snapshots"].GetArray()) {
      if (other["session_id"] == each["session_id"] && other["snapshot_type"] == each["snapshot_type"]) { ++of_list; }
    }
    CHECK(page.items.size() == of_list);
  }
  for (const Json& each : go["errors"].GetArray()) {
    const auto error = backend.error_store().get(context, text(each["id"]));
    REQUIRE(error);
    CHECK(error->timestamp == moment(each["timestamp"]));
    CHECK(error->session_id == (text(each["session_id"]) == "gone" ? std::nullopt : optional_text(each["session_id"])));
    CHECK(error->tool_name == text(each["tool_name"]));
    CHECK(error->raw_error == text(each["raw_error"]));
    CHECK(error->short_summary == text(each["short_summary"]));
  }
}

template <class Backend>
void check_requests(Backend& backend, const heddle::Context& context, const Json& go) {
  for (const Json& each : go["requests"].GetArray()) {
    const auto request = backend.human_request_store().get(context, text(each["id"]));
    REQUIRE(request);
    CHECK(request->agent_id == text(each["agent_id"]));
    CHECK(request->session_id == optional_text(each["session_id"]));
    CHECK(request->question == text(each["question"]));
    CHECK(is_same_json(request->context.text, each["context"]));
    CHECK(to_string(request->request_type) == text(each["request_type"]));
    CHECK(to_string(request->priority) == text(each["priority"]));
    CHECK(request->timeout_ms.count() == each["timeout_ms"].GetInt64());
    CHECK(request->created_at == moment(each["created_at"]));
    CHECK(request->expires_at == moment(each["expires_at"]));
    // Heddle reads a request whose time is over as such.
    const std::string status = text(each["status"]);
    CHECK(to_string(request->status) == (status == "pending" ? "timeout" : status));
    CHECK(request->response == text(each["response"]));
    CHECK(is_same_json(request->response_data.text, each["response_data"]));
    CHECK(request->responded_by == text(each["responded_by"]));
    CHECK(request->responded_at == optional_moment(each["responded_at"]));
    CHECK(request->kind == text(each["kind"]));
    CHECK(request->summary == text(each["summary"]));
    CHECK(is_same_json(request->parameters.text, each["params"], "null"));
  }
}

/// Checks all artifacts; those whose file is among the fixtures have its content.
template <class Backend>
void check_artifacts(Backend& backend, const heddle::Context& context, const Json& go) {
  auto& store = backend.artifact_store();
  const auto page = store.list(context, {.include_deleted = true});
  CHECK(page.items.size() == go["artifacts"].Size());
  for (const Json& each : go["artifacts"].GetArray()) {
    const std::string id = text(each["id"]);
    CAPTURE(id);
    const heddle::Artifact* artifact = nullptr;
    for (const heddle::Artifact& one : page.items) {
      if (one.id == id) { artifact = &one; }
    }
    REQUIRE(artifact != nullptr);
    CHECK(artifact->name == text(each["name"]));
    CHECK(artifact->path == text(each["path"]));
    CHECK(to_string(artifact->source) == text(each["source"]));
    CHECK(artifact->source_agent_id == text(each["source_agent_id"]));
    CHECK(artifact->purpose == text(each["purpose"]));
    CHECK(artifact->content_type == text(each["content_type"]));
    CHECK(artifact->size_bytes == each["size_bytes"].GetInt64());
    CHECK(artifact->checksum == text(each["checksum"]));
    CHECK(artifact->created_at == moment(each["created_at"]));
    CHECK(artifact->updated_at == moment(each["updated_at"]));
    CHECK(artifact->last_accessed_at == optional_moment(each["last_accessed_at"]));
    CHECK(artifact->access_count == each["access_count"].GetInt64());
    CHECK(artifact->deleted_at.has_value() == !each["deleted_at"].IsNull());
    CHECK(artifact->session_id == optional_text(each["session_id"]));
    std::vector<std::string> tags;
    if (!each["tags"].IsNull()) {
      for (const Json& tag : each["tags"].GetArray()) { tags.push_back(text(tag)); }
    }
    CHECK(artifact->tags == tags);
    std::map<std::string, std::string> metadata;
    if (!each["metadata"].IsNull()) {
      for (const auto& entry : each["metadata"].GetObject()) { metadata.emplace(text(entry.name), text(entry.value)); }
    }
    CHECK(artifact->metadata == metadata);
    const bool has_file = each["deleted_at"].IsNull();
    CHECK(artifact->version == (has_file ? 1 : 0));
    if (!has_file) { continue; }
    auto reader = store.open(context, id);
    std::array<char, 4096> bytes{};
    const std::string content(bytes.data(), reader.read(bytes));
    const std::string path = artifact->path;
    CHECK(content == contents_of(fixtures() / "artifacts" / path.substr(path.find("/artifacts/") + 11)));
  }
}

template <class Backend>
void check_results(Backend& backend, const heddle::Context& context, const Json& go) {
  for (const Json& each : go["results"].GetArray()) {
    const std::string id = text(each["id"]);
    const heddle::Table table = backend.result_store().query(context, id, "SELECT * FROM \"tool_result_" + id + "\"");
    REQUIRE(table.columns.size() == each["columns"].Size());
    REQUIRE(table.rows.size() == each["rows"].Size());
    for (rapidjson::SizeType column = 0; column < each["columns"].Size(); ++column) {
      CHECK(table.columns[column] == text(each["columns"][column]));
      for (rapidjson::SizeType row = 0; row < each["rows"].Size(); ++row) {
        const Json& cell = each["rows"][row][column];
        CHECK(table.rows[row][column] ==
              (cell.IsNull() ? heddle::Cell(std::monostate()) : heddle::Cell(std::string(cell.GetString()))));
      }
    }
  }
}

/// Checks all of a tenant that is not soft-deleted.
template <class Backend>
void check_tenant(Backend& backend, const Json& go) {
  const auto context = heddle::Context::for_user(text(go["tenant"]));
  std::size_t shown = 0;
  for (const Json& session : go["sessions"].GetArray()) {
    if (!session["deleted_at"].IsNull()) {
      CHECK_FALSE(backend.session_storage().load_session(context, text(session["id"])));
      continue;
    }
    ++shown;
    check_session(backend, context, session);
  }
  CHECK(backend.session_storage().list_sessions(context).items.size() == shown);
  check_records(backend, context, go);
  check_requests(backend, context, go);
  check_results(backend, context, go);
}

}  // namespace adoption
