#include <heddle/adoption.hpp>
#include <heddle/heddle.hpp>

#include "adoption/loom_file.hpp"
#include "adoption/read_back.hpp"
#include "adoption/targets.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using adoption::file_tenant;
using adoption::LoomFolder;
using adoption::OtherTarget;
using adoption::rows_of;
using adoption::Target;

TEST_CASE_TEMPLATE("a loom.db of each version is adopted row by row, and stays as it was", Subject, Target,
                   OtherTarget) {
  for (const std::string fixture : {"loom_1_2_0", "loom_1_4_0"}) {
    CAPTURE(fixture);
    const LoomFolder loom(fixture);
    const auto before = loom.bytes();
    Subject subject;
    const auto report = heddle::adopt_loom_file(subject.backend(), {}, loom.path());
    CHECK(loom.bytes() == before);
    const auto go = loom.read_back();
    adoption::check_tenant(subject.backend(), go["tenants"][0]);
    adoption::check_artifacts(subject.backend(), file_tenant, go["tenants"][0]);
    CHECK(report.tenants == std::vector<std::string>{"default-user"});
    CHECK(report.files == 2);
    CHECK(report.counts.at("message") == 14);
    CHECK(report.counts.at("session") == 3);
    CHECK(rows_of(report.changed, "agent_errors", "session_id") == (fixture == "loom_1_2_0" ? 1 : 0));
    CHECK(report.changed.size() == (fixture == "loom_1_2_0" ? 1 : 0));
    CHECK(rows_of(report.left_out, "artifacts", "path") == 1);
  }
}

TEST_CASE("what Heddle has no place for is reported by table and column") {
  const LoomFolder loom;
  loom.execute(
      "ALTER TABLE sessions ADD COLUMN colour TEXT; UPDATE sessions SET colour = 'red' WHERE id <> 's3';"
      "CREATE TABLE surprise (a TEXT); INSERT INTO surprise VALUES ('x'), ('y')");
  Target target;
  const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
  CHECK(report.schema == 8);
  CHECK(rows_of(report.left_out, "graph_entities") == 2);
  CHECK(rows_of(report.left_out, "graph_edges") == 1);
  CHECK(rows_of(report.left_out, "tasks") == 3);
  CHECK(rows_of(report.left_out, "surprise") == 2);
  CHECK(rows_of(report.left_out, "sessions", "colour") == 2);
  CHECK(rows_of(report.left_out, "tool_executions", "admission_decision") == 1);
  CHECK(rows_of(report.left_out, "human_requests", "params_truncated") == 1);
  for (const auto& note : report.left_out) { CHECK_FALSE(note.what.empty()); }
}

TEST_CASE("an adoption that was interrupted goes on, and a repeat changes nothing") {
  const LoomFolder loom;
  Target target;
  auto& backend = target.backend();
  heddle::AdoptionOptions stopping;
  stopping.on_progress = [](const heddle::AdoptionProgress& /*progress*/) { throw std::runtime_error("stop"); };
  CHECK_THROWS_AS(heddle::adopt_loom_file(backend, {}, loom.path(), stopping), std::runtime_error);
  const auto& context = file_tenant;
  CHECK(backend.session_storage().list_sessions(context).items.empty());

  std::int64_t stored = 0;
  heddle::AdoptionOptions watching;
  watching.on_progress = [&](const heddle::AdoptionProgress& progress) { stored = progress.stored; };
  CHECK(heddle::adopt_loom_file(backend, {}, loom.path(), watching).tenants_before == 0);
  CHECK(stored == 0);  // all was stored before; only the end was missing
  const auto go = loom.read_back();
  adoption::check_tenant(backend, go["tenants"][0]);
  CHECK(heddle::adopt_loom_file(backend, {}, loom.path()).tenants_before == 1);
  adoption::check_tenant(backend, go["tenants"][0]);

  backend.session_storage().save_message(context, "s3", {.content = "of Heddle"});
  CHECK(support::code_of([&] { heddle::adopt_loom_file(backend, {}, loom.path()); }) ==
        heddle::ErrorCode::already_exists);
}

TEST_CASE("a log beside the loom.db is read, and stays") {
  const LoomFolder loom;
  support::RawDatabase server(loom.path());
  server.execute("PRAGMA wal_autocheckpoint = 0");
  server.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'late', 5)");
  const auto database = adoption::contents_of(loom.path());
  const auto log = adoption::contents_of(loom.path() + "-wal");
  CHECK_FALSE(log.empty());
  Target target;
  const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
  CHECK(report.counts.at("message") == 15);
  CHECK(adoption::contents_of(loom.path()) == database);
  CHECK(adoption::contents_of(loom.path() + "-wal") == log);
}

TEST_CASE("texts that Heddle cannot store are repaired, and JSON of another form is kept") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute(
      "UPDATE messages SET content = CAST(x'61FF62' AS TEXT) WHERE id = 1;"
      "UPDATE messages SET tool_calls_json = '[{\"ID\": cut' WHERE tool_calls_json IS NOT NULL;"
      "UPDATE messages SET tool_result_json = '{\"answer\":42}' WHERE tool_use_id = 'c1';"
      "UPDATE messages SET tool_result_json = '{\"Success\":false,\"Error\":{\"Code\":\"E\",\"Trace\":\"t\"}}' WHERE "
      "tool_use_id = 'c2';"
      "UPDATE tool_executions SET result_json = '{\"Success\":true,\"DataReference\":{\"id\":\"r\",\"tier\":7}}';"
      "UPDATE messages SET role = 'critic' WHERE content = 'Thanks.';"
      "UPDATE sessions SET context_json = '[1]' WHERE id = 's3'");
  Target target;
  const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
  const auto& context = file_tenant;
  const auto messages = adoption::all_messages(target.backend(), "s1");
  CHECK(messages[0].content == "a\uFFFDb");
  CHECK(messages[2].tool_calls.empty());
  CHECK(messages[2].metadata.text.find("\"tool_calls_json\":\"[{\\\"ID\\\": cut\"") != std::string::npos);
  CHECK(target.backend().session_storage().load_session(context, "s3")->context.text == R"({"value":[1]})");
  CHECK(rows_of(report.changed, "messages", "content") == 1);
  CHECK(rows_of(report.changed, "messages", "tool_calls_json") == 1);
  CHECK(rows_of(report.changed, "messages", "tool_result_json") == 2);
  // Also what an error or a reference in a result has, and Heddle has no member for.
  for (const char* kept : {R"("tool_result_json":"{\"answer\":42}")", R"({\"Code\":\"E\",\"Trace\":\"t\"}}")"}) {
    CHECK(std::count_if(messages.begin(), messages.end(), [&](const heddle::Message& message) {
            return message.metadata.text.find(kept) != std::string::npos;
          }) == 1);
  }
  const auto executions = target.backend().session_storage().list_tool_executions(context, "s1").items;
  CHECK_FALSE(executions.empty());
  for (const auto& execution : executions) {
    CHECK(execution.result->data.text == R"({"Success":true,"DataReference":{"id":"r","tier":7}})");
  }
  CHECK(rows_of(report.changed, "messages", "role") == 1);
  CHECK(rows_of(report.changed, "sessions", "context_json") == 1);
}

TEST_CASE("a file that does not lie in the artifact folder is not taken along") {
  const LoomFolder loom;
  std::filesystem::create_symlink(loom.path(), loom.folder() / "artifacts" / "link");
  for (const std::string& path :
       {loom.path(), std::string("../loom.db"), std::string("link"), std::string("/artifacts/../../loom.db")}) {
    CAPTURE(path);
    loom.execute("UPDATE artifacts SET path = '" + path + "' WHERE name = 'plan.md'");
    Target target;
    const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
    CHECK(report.files == 1);
    const auto& context = file_tenant;
    CHECK(target.backend().artifact_store().get(context, "22222222-2222-4222-8222-222222222222")->version == 0);
  }
}

TEST_CASE("what is no whole loom.db of a known version is refused, and nothing is stored") {
  const LoomFolder loom;
  Target target;
  auto& backend = target.backend();
  const auto refusal = [&](const std::string& path) {
    return support::error_of([&] { heddle::adopt_loom_file(backend, {}, path); });
  };
  const auto says = [](const heddle::Error& error, std::string_view words) {
    return std::string_view(error.what()).find(words) != std::string_view::npos;
  };
  CHECK(refusal((loom.folder() / "missing.db").string()).code() == heddle::ErrorCode::not_found);

  const std::string encrypted = (loom.folder() / "encrypted.db").string();
  std::ofstream(encrypted, std::ios::binary) << std::string(8192, '\x5a');
  const auto unreadable = refusal(encrypted);
  CHECK(unreadable.code() == heddle::ErrorCode::failed_precondition);
  CHECK(says(unreadable, "sqlcipher_export"));

  const std::string other = (loom.folder() / "other.db").string();
  support::RawDatabase(other).execute("CREATE TABLE t (a)");
  CHECK(refusal(other).code() == heddle::ErrorCode::failed_precondition);

  loom.execute("INSERT INTO schema_migrations (version, applied_at) VALUES (9, 0)");
  const auto newer = refusal(loom.path());
  CHECK(newer.code() == heddle::ErrorCode::failed_precondition);
  CHECK(says(newer, "version 9"));

  CHECK(backend.session_storage().list_sessions(file_tenant).items.empty());
}

TEST_CASE("a file below a folder that is called as the artifact folder is found at its own place") {
  const LoomFolder loom;
  const auto artifacts = loom.folder() / "artifacts";
  std::filesystem::create_directories(artifacts / "agent" / "artifacts");
  std::ofstream(artifacts / "agent" / "artifacts" / "plan.md") << "its own";
  std::ofstream(artifacts / "plan.md") << "of another";
  loom.execute("UPDATE artifacts SET path = '/moved/artifacts/agent/artifacts/plan.md' WHERE name = 'plan.md'");
  Target target;
  heddle::adopt_loom_file(target.backend(), {}, loom.path());
  CHECK(target.backend().artifact_store().open(file_tenant, "22222222-2222-4222-8222-222222222222").rest() ==
        "its own");
}
