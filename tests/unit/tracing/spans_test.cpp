#include "heddle/metrics.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing/recording.hpp"
#include "support/expect_error.hpp"
#include "support/watched_backend.hpp"

#include <doctest/doctest.h>

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace heddle;
using support::Watched;

namespace {

const Context ada = Context::for_user("ada");
const std::string caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TenantHash tenants(std::string(20, '\x0b'));

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) { lines.push_back(line); }
  return lines;
}

/// Returns the member of the only span of a line, such as "/traceId"; empty if there is none.
std::string member(const std::string& line, const std::string& path) {
  rapidjson::Document document;
  REQUIRE_FALSE(document.Parse(line.c_str()).HasParseError());
  const std::string full = "/resourceSpans/0/scopeSpans/0/spans/0" + path;
  const rapidjson::Value* found = rapidjson::Pointer(full.c_str()).Get(document);
  if (found == nullptr) { return {}; }
  return found->IsInt() ? std::to_string(found->GetInt()) : found->GetString();
}

/// Returns the attribute of the only span of a line; empty if there is none.
std::string attribute(const std::string& line, const std::string& key) {
  for (int index = 0;; ++index) {
    const std::string path = "/attributes/" + std::to_string(index);
    const std::string found = member(line, path + "/key");
    if (found.empty()) { return {}; }
    if (found != key) { continue; }
    const std::string text = member(line, path + "/value/stringValue");
    return text.empty() ? member(line, path + "/value/intValue") : text;
  }
}

}  // namespace

TEST_CASE("a line of OTLP has a span in the caller's trace") {
  Watched watched({.service = "agents \"x\"", .system = "sqlite", .tenants = tenants});
  Context context = ada;
  context.trace_parent = caller;
  watched.backend().session_storage().ensure_session(context, {.id = "s"});
  watched.backend().session_storage().save_message(context, "s", {.content = "x"});
  CHECK(support::code_of([&] {
          watched.backend().session_storage().save_message(context, "none", {.content = "x"});
        }) == ErrorCode::not_found);

  const auto lines = lines_of(watched.traces());
  REQUIRE(lines.size() == 3);
  const std::string& saved = lines[1];
  CHECK(member(saved, "/name") == "save_message");
  CHECK(member(saved, "/kind") == "3");
  CHECK(member(saved, "/traceId") == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(member(saved, "/parentSpanId") == "00f067aa0ba902b7");
  CHECK(member(saved, "/spanId").size() == 16);
  CHECK(member(saved, "/spanId") != member(lines[0], "/spanId"));
  CHECK(std::stoll(member(saved, "/endTimeUnixNano")) >= std::stoll(member(saved, "/startTimeUnixNano")));
  CHECK(member(saved, "/status/code").empty());
  CHECK(attribute(saved, "db.system.name") == "sqlite");
  CHECK(attribute(saved, "db.operation.name") == "save_message");
  CHECK(attribute(saved, "user.hash") == tenants.of("ada"));
  CHECK(attribute(saved, "heddle.messages") == "1");
  CHECK(attribute(saved, "error.type").empty());
  CHECK(member(lines[2], "/status/code") == "2");
  CHECK(attribute(lines[2], "error.type") == "not_found");
  CHECK(saved.find(R"("agents \"x\"")") != std::string::npos);
}

TEST_CASE("a call without a trace begins one, and what is not sampled is left out") {
  Watched watched;
  watched.backend().ping();
  Context context;
  context.trace_parent = caller;
  context.trace_parent.back() = '0';
  watched.backend().ping(context);
  context.trace_parent = "nonsense";
  watched.backend().ping(context);
  const auto lines = lines_of(watched.traces());
  REQUIRE(lines.size() == 2);
  for (const std::string& line : lines) {
    CHECK(member(line, "/traceId").size() == 32);
    CHECK(member(line, "/parentSpanId").empty());
    CHECK(attribute(line, "user.hash").empty());
  }
  CHECK(member(lines[0], "/traceId") != member(lines[1], "/traceId"));
}

TEST_CASE("only slow operations are logged, a line each") {
  Watched quick({}, {.threshold = std::chrono::hours(1)});
  quick.backend().ping();
  CHECK(quick.slow_log().empty());

  Watched slow({}, {.threshold = std::chrono::milliseconds(0), .tenants = tenants});
  Context context = ada;
  context.trace_parent = caller;
  CHECK(support::code_of([&] { slow.backend().session_storage().save_message(context, "none", {.content = "x"}); }) ==
        ErrorCode::not_found);
  const auto lines = lines_of(slow.slow_log());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find(" heddle slow operation=save_message milliseconds=") != std::string::npos);
  CHECK(lines[0].find(" error=not_found") != std::string::npos);
  CHECK(lines[0].find(" trace=4bf92f3577b34da6a3ce929d0e0e4736") != std::string::npos);
  CHECK(lines[0].find(" tenant=" + tenants.of("ada")) != std::string::npos);
}

TEST_CASE("recorded spans have the tenant, the end and the counts") {
  Watched watched;
  auto& sessions = watched.backend().session_storage();
  sessions.ensure_session(ada, {.id = "s"});
  sessions.save_turn(ada, "s", {{{.content = "one"}, {.content = "two"}}, {}});
  CHECK(support::code_of([&] { sessions.save_message(ada, "none", {.content = "x"}); }) == ErrorCode::not_found);
  const auto spans = watched.recording().take();
  REQUIRE(spans.size() == 3);
  CHECK(spans[1].operation == Operation::save_turn);
  CHECK(spans[1].user_id == "ada");
  CHECK(spans[1].messages == 2);
  CHECK_FALSE(spans[1].error.has_value());
  CHECK(spans[2].error == ErrorCode::not_found);
  CHECK(watched.recording().take().empty());
}

TEST_CASE("no watcher shows content, ids, keys, paths or the words of errors") {
  const std::string canary = "CANARY-9f2";
  Watched watched({.tenants = tenants}, {.threshold = std::chrono::milliseconds(0), .tenants = tenants});
  auto& sessions = watched.backend().session_storage();
  const Context user = Context::for_user(canary + "-user");
  const std::string session = canary + "-session";
  sessions.ensure_session(user, {.id = session, .name = canary, .agent_id = canary});
  sessions.save_message(user, session, {.content = canary}, {.idempotency_key = canary + "-key"});
  static_cast<void>(sessions.search_messages(user, {.query = canary}));
  CHECK(support::code_of([&] { sessions.save_message(user, canary + "-none", {.content = canary}); }) ==
        ErrorCode::not_found);
  // What a program throws in a callback has any words and any code.
  CHECK_THROWS(sessions.for_each_message(
      user, session, [&](const Message&) { throw Error(ErrorCode::internal, "password=" + canary, canary); }));
  CHECK_THROWS(sessions.for_each_message(user, session, [&](const Message&) { throw std::runtime_error(canary); }));

  CHECK(lines_of(watched.traces()).size() == 6);
  CHECK(lines_of(watched.slow_log()).size() == 6);
  CHECK(watched.traces().find("CANARY") == std::string::npos);
  CHECK(watched.slow_log().find("CANARY") == std::string::npos);
}

TEST_CASE("a stream that fails changes no call, and has the next lines when it works again") {
  Watched watched({}, {.threshold = std::chrono::milliseconds(0)});
  for (std::ostringstream* stream : {&watched.stream(), &watched.slow_stream()}) {
    *stream << "half a li";
    stream->setstate(std::ios::badbit);
  }
  CHECK_NOTHROW(watched.backend().ping());
  CHECK(watched.stream().good());
  CHECK(watched.slow_stream().good());
  REQUIRE(lines_of(watched.traces()).size() == 2);
  CHECK(lines_of(watched.traces()).at(1).find("\"ping\"") != std::string::npos);
  REQUIRE(lines_of(watched.slow_log()).size() == 2);
  CHECK(lines_of(watched.slow_log()).at(1).find("operation=ping") != std::string::npos);

  watched.stream().exceptions(std::ios::badbit);
  try {
    watched.stream().setstate(std::ios::badbit);
  } catch (const std::ios::failure& failure) { static_cast<void>(failure); }
  CHECK_NOTHROW(watched.backend().ping());
}
