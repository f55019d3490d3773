#include "conformance/hostile_streams.hpp"
#include "heddle/limits.hpp"
#include "heddle/transfer/stream_reader.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;

// Streams that were made to be harmful: their lines are well-formed, and their digests are right.

CONFORMANCE_TEST("a stream cannot reach the messages of others by a sequence") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, bob, "b");
  backend.session_storage().save_message(bob, "b", says("of bob"));
  const std::string before = exported(backend, bob).bytes;
  const std::int64_t others = (limits::sequence + 1) * 2 + 2;
  std::vector<Edit> edits;
  for (const char* type : {"message", "tool_link", "message_stream", "message_chunk"}) {
    for (const std::int64_t sequence : {others, -others, limits::sequence + 1, std::int64_t{0}, std::int64_t{-1}}) {
      edits.push_back({type, "sequence", std::to_string(sequence)});
    }
    edits.push_back({type, "branch", "1000"});
    edits.push_back({type, "branch", "0"});
  }
  for (const char* type : {"session", "branch", "segment", "fold"}) {
    for (const char* end : {"10000000000000", "-10000000000000", "16777216", "-9223372036854775807"}) {
      edits.push_back({type, "last_sequence", end});
      edits.push_back({type, "first_sequence", type == std::string_view("fold") ? end : "9223372036854775807"});
    }
    edits.push_back({type, "first_sequence", "-9223372036854775807"});
  }
  edits.push_back({"fold", "outer_last", "16777216"});
  edits.push_back({"segment", "branch", "1000"});
  edits.push_back({"segment", "source", "1000"});
  edits.push_back({"segment", "source", "-1"});
  edits.push_back({"segment", "first_sequence", "2000"});
  edits.push_back({"segment", "last_sequence", "-1"});
  edits.push_back({"fold", "branch", "1000"});
  edits.push_back({"fold", "summary", "1000"});
  check_edits_refused<Subject>(backend, edits);
  CHECK(exported(backend, bob).bytes == before);
  CHECK(import_user(backend, alice, source_stream<Subject>()).records > 0);
}

CONFORMANCE_TEST("JSON that a stream has as a text is not nested deeper than elsewhere") {
  Subject subject;
  const std::string deep = as_text(std::string(2'000'000, '['));
  const std::string closed =
      as_text(std::string(limits::json_depth + 1, '[') + std::string(limits::json_depth + 1, ']'));
  std::vector<Edit> edits;
  for (const std::string& value : {deep, closed, as_text("no JSON"), as_text("")}) {
    for (const char* field : {"content_blocks", "tool_calls", "tool_result", "parts"}) {
      edits.push_back({"message", field, value});
    }
    edits.push_back({"tool_execution", "result", value});
    edits.push_back({"artifact", "tags", value});
    edits.push_back({"artifact", "metadata", value});
    for (const char* field : {"columns", "preview", "metadata"}) { edits.push_back({"result", field, value}); }
  }
  check_edits_refused<Subject>(subject.backend(), edits);
}

CONFORMANCE_TEST("a stream stores nothing that no write would store") {
  Subject subject;
  const std::string long_id = as_text(std::string(limits::id + 1, 'i'));
  const std::string long_name = as_text(std::string(limits::name + 1, 'n'));
  const std::string late = "253402300800000000";  // the year 10000
  std::vector<Edit> edits{{"session", "id", long_id},
                          {"session", "id", as_text("")},
                          {"session", "id", as_text("a\\u0000b")},
                          {"session", "id", as_text("\\u0001import")},
                          {"session", "agent_id", long_id},
                          {"session", "context", as_text("[1]")},
                          {"session", "total_cost_usd", "1.7e308"},
                          {"session", "total_tokens", "-1"},
                          {"session", "revision", "-1"},
                          {"session", "branch", "0"},
                          {"branch", "branch", "-1"},
                          {"message", "role", as_text("wizard")},
                          {"message", "session_context", as_text("elsewhere")},
                          {"message", "agent_id", long_id},
                          {"message", "timestamp", late},
                          {"message", "token_count", "-1"},
                          {"message", "cost_usd", "1.7e308"},
                          {"message", "cost_usd", "-0.5"},
                          {"message", "model", long_id},
                          {"message", "stop_reason", long_name},
                          {"message", "input_tokens", "9223372036854775807"},
                          {"message", "metadata", as_text("[]")},
                          {"message", "tool_calls", R"([{"id":"c","name":1}])"},
                          {"message", "stream", "2"},
                          {"tool_link", "is_result", "7"},
                          {"tool_link", "position", "-1"},
                          {"message_stream", "writer", "0"},
                          {"message_stream", "silence", "9223372036854775807"},
                          {"message_stream", "size", "-5"},
                          {"message_chunk", "start", "-1"},
                          {"summary", "token_count", "-1"},
                          {"tool_execution", "call_id", as_text(std::string(limits::provider_id + 1, 'c'))},
                          {"tool_execution", "timestamp", late},
                          {"usage", "messages", "-1"},
                          {"usage", "cost_usd", "1.7e308"},
                          {"usage", "model", long_id},
                          {"snapshot", "id", long_id},
                          {"snapshot", "created_at", "-9223372036854775807"},
                          {"error", "tool_name", long_id},
                          {"error", "short_summary", long_name},
                          {"artifact", "id", long_id},
                          {"artifact", "name", long_name},
                          {"artifact", "source", as_text("thin air")},
                          {"artifact", "size_bytes", "-1"},
                          {"artifact", "access_count", "-1"},
                          {"artifact", "tags", R"(["a\u0001b"])"},
                          {"content", "size_bytes", "-1"},
                          {"artifact_version", "version", "0"},
                          {"artifact_version", "size_bytes", "-1"},
                          {"artifact_quota", "quota_bytes", "-1"},
                          {"human_request", "priority", as_text("now")},
                          {"human_request", "status", as_text("wished for")},
                          {"human_request", "timeout_ms", "-1"},
                          {"human_request", "expires_at", late},
                          {"idempotency_key", "key", long_id},
                          {"idempotency_key", "created_at", late},
                          {"result", "id", long_id},
                          {"result", "row_count", "-1"},
                          {"result", "expires_at", late}};
  for (const char* type : {"session", "artifact"}) {
    for (const char* time : {"-1", "0", "9223372036854775807", "4611686018427387904"}) {
      edits.push_back({type, "deleted_at", time});
    }
  }
  check_edits_refused<Subject>(subject.backend(), edits);
}

CONFORMANCE_TEST("the session of an import is no other") {
  Subject subject;
  const std::string id = "\x01import";
  auto& store = subject.backend().session_storage();
  CHECK(support::code_of([&] { add_session(subject.backend(), alice, id); }) == ErrorCode::invalid_argument);
  CHECK(support::code_of([&] { store.ensure_session(alice, {.id = id}); }) == ErrorCode::invalid_argument);
  const std::string as_json = as_text("\\u0001import");
  std::vector<Edit> edits{{"session", "parent_session_id", as_json}};
  for (const char* type :
       {"branch", "tool_execution", "usage", "snapshot", "error", "artifact", "human_request", "idempotency_key"}) {
    edits.push_back({type, "session_id", as_json});
  }
  check_edits_refused<Subject>(subject.backend(), edits);
}

CONFORMANCE_TEST("a stream has no number that leaves later writes no room") {
  Subject subject;
  const std::string most = "9223372036854775807";
  std::vector<Edit> edits{{"session", "total_tokens", most},  {"session", "revision", most},
                          {"session", "branch", most},        {"branch", "branch", most},
                          {"message_stream", "writer", most}, {"artifact", "revision", most},
                          {"artifact", "version", most},      {"artifact_version", "version", most}};
  for (const char* sum :
       {"messages", "input_tokens", "output_tokens", "cached_read_tokens", "cached_write_tokens", "reasoning_tokens"}) {
    edits.push_back({"usage", sum, most});
  }
  check_edits_refused<Subject>(subject.backend(), edits);
}

CONFORMANCE_TEST("contents and results of a stream are what their sizes and digests say") {
  Subject subject;
  const std::string other_digest = as_text(std::string(64, 'a'));
  check_edits_refused<Subject>(subject.backend(), {{"content", "size_bytes", "1"},
                                                   {"content", "size_bytes", "4611686018427387904"},
                                                   {"content", "checksum", other_digest},
                                                   {"content_chunk", "position", "1"},
                                                   {"content_chunk", "position", "-1"},
                                                   {"artifact_version", "size_bytes", "1"},
                                                   {"artifact_version", "checksum", other_digest},
                                                   {"result", "size_bytes", "-1"},
                                                   {"result", "size_bytes", "1"},
                                                   {"result", "checksum", other_digest},
                                                   {"result", "image", as_text("")},
                                                   {"result", "image", as_text(std::string(8192, 'A'))}});
  // A content without its chunks.
  auto lines = lines_of(source_stream<Subject>());
  for (std::size_t line = lines.size(); line-- > 0;) {
    if (lines[line].find(R"({"type":"content_chunk")") == 0) {
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(line));
    }
  }
  const auto refusal = support::error_of([&] { import_user(subject.backend(), alice, sealed(lines)); });
  CHECK(refusal.code() == ErrorCode::data_loss);
  CHECK(!abort_import(subject.backend(), alice));
}

CONFORMANCE_TEST("the quota of a stream is taken only if that is asked for") {
  Subject subject;
  Subject other;
  auto lines = lines_of(source_stream<Subject>());
  apply(lines, {"artifact_quota", "quota_bytes", std::to_string(std::int64_t{1} << 62U)});
  const std::string stream = sealed(lines);
  import_user(subject.backend(), alice, stream);
  CHECK(!subject.backend().artifact_store().content_usage(alice).quota_bytes);
  import_user(other.backend(), alice, stream, {.artifact_quota = true});
  CHECK(other.backend().artifact_store().content_usage(alice).quota_bytes == std::int64_t{1} << 62U);
}

CONFORMANCE_TEST("a call that is cancelled ends while its stream is read, whose temporary file no child inherits") {
  Subject subject;
  std::stop_source stop;
  const auto inherited = [] {
    std::size_t count = 0;
    for (int file = 0; file < 1024; ++file) {
      const int flags = ::fcntl(file, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) == 0) { ++count; }
    }
    return count;
  };
  const std::size_t before = inherited();
  std::size_t calls = 0;
  const auto endless = [&](std::span<char> buffer) {
    CHECK(inherited() == before);
    if (++calls == 3) { stop.request_stop(); }
    std::fill(buffer.begin(), buffer.end(), 'x');
    return calls < 10 ? buffer.size() : 0;
  };
  CHECK(support::code_of([&] { import_user(subject.backend(), alice.with_stop(stop.get_token()), endless); }) ==
        ErrorCode::cancelled);
  CHECK(calls == 3);
}

CONFORMANCE_TEST("a line that does not end is refused before it is kept in memory") {
  const std::string text = "short\n" + std::string(1000, 'x');
  const ContentSource source(text);
  transfer::StreamBytes<ContentSource> bytes(source, alice);
  transfer::StreamLines<transfer::StreamBytes<ContentSource>> lines(bytes, 999);
  std::string line;
  CHECK(lines.next(line));
  const Error error = support::error_of([&] { static_cast<void>(lines.next(line)); });
  CHECK(error.code() == ErrorCode::data_loss);
  CHECK(std::string(error.what()).find("line 2 of the stream is longer") == 0);
}
