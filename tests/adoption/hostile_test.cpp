#include <heddle/adoption.hpp>
#include <heddle/heddle.hpp>

#include "adoption/loom_file.hpp"
#include "adoption/read_back.hpp"
#include "adoption/targets.hpp"
#include "support/expect_error.hpp"
#include "support/long_run.hpp"
#include "support/raw_database.hpp"
#include "support/seed.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <random>
#include <string>
#include <thread>
#include <vector>

/// A `loom.db` with what no server should write, one that is damaged, and one that is written meanwhile.

using adoption::file_tenant;
using adoption::LoomFolder;
using adoption::rows_of;
using adoption::Target;

TEST_CASE("values beyond the limits are stored as far as they go, and reported") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute(
      "UPDATE messages SET content = hex(zeroblob(9 << 20)), timestamp = 9000000000000000, token_count = -5, cost_usd "
      "= "
      "9e999, agent_id = printf('%.300c', 'a') WHERE id = 1;"
      "UPDATE messages SET tool_calls_json = (WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE "
      "i < "
      "5000) SELECT '[' || group_concat('{\"ID\":\"c\",\"Name\":\"n\",\"Input\":{}}') || ']' FROM n) WHERE "
      "tool_calls_json IS NOT NULL;"
      "UPDATE messages SET tool_result_json = '{\"Success\":true,\"Data\":\"' || hex(zeroblob(9 << 20)) || '\"}' "
      "WHERE tool_use_id = 'c1';"
      "UPDATE messages SET tool_result_json = "
      "'{\"Success\":true,\"DataReference\":{\"stored_at\":9000000000000000000}}' "
      "WHERE tool_use_id = 'c2';"
      "UPDATE sessions SET context_json = '{\"a\":' || printf('%.600c', '[') || printf('%.600c', ']') || '}', "
      "updated_at = "
      "-99999999999999 WHERE id = 's1';"
      "UPDATE artifacts SET tags = '[\"a\\u0001b\",\"good\"]', access_count = -1 WHERE name = 'plan.md';"
      "UPDATE human_requests SET timeout_ms = -1, expires_at = 9000000000000000000 WHERE id = 'req_1';"
      "UPDATE agent_errors SET raw_error = '{\"message\": \"\\x00\"}', tool_name = printf('%.300c', 't') WHERE "
      "session_id = 's1'");
  Target target;
  auto& backend = target.backend();
  const auto report = heddle::adopt_loom_file(backend, {}, loom.path());
  const auto messages = adoption::all_messages(backend, "s1");
  // Without turns, messages have the order of their times.
  const auto& large = messages.back();
  const bool is_cut = large.content == std::string(heddle::limits::text, '0');
  CHECK(is_cut);
  CHECK(large.agent_id == std::string(255, 'a'));
  CHECK(large.token_count == 0);
  CHECK(large.cost_usd == heddle::limits::dollars);
  CHECK(large.timestamp < heddle::validation::end_of_times);
  CHECK(rows_of(report.changed, "messages", "content") == 1);
  CHECK(rows_of(report.changed, "messages", "agent_id") == 1);
  CHECK(rows_of(report.changed, "messages", "timestamp") == 1);
  CHECK(rows_of(report.changed, "messages", "token_count") == 1);
  CHECK(rows_of(report.changed, "messages", "cost_usd") == 1);
  CHECK(rows_of(report.changed, "messages", "tool_calls_json") == 1);
  CHECK(rows_of(report.changed, "messages", "tool_result_json") == 2);
  std::size_t kept = 0;
  for (const auto& message : messages) {
    CHECK(message.tool_calls.empty());
    CHECK_FALSE(message.tool_result.has_value());
    kept += message.metadata.text.find("_json\":\"") == std::string::npos ? 0 : 1;
  }
  CHECK(kept == 3);
  const auto session = backend.session_storage().load_session(file_tenant, "s1");
  CHECK(session->context.text.find("{\"value\":\"{\\\"a\\\":[[[") == 0);
  CHECK(session->updated_at == heddle::validation::first_time);
  const auto artifact = backend.artifact_store().get(file_tenant, "22222222-2222-4222-8222-222222222222");
  CHECK(artifact->tags == std::vector<std::string>{"good"});
  CHECK(artifact->access_count == 0);
  const auto request = backend.human_request_store().get(file_tenant, "req_1");
  CHECK(request->timeout_ms.count() == 0);
  CHECK(request->expires_at < heddle::validation::end_of_times);
  const auto error = backend.error_store().get(file_tenant, "err_20251009_085320_0a1b2c");
  CHECK(error->raw_error == R"({"message":"{\"message\": \"\\x00\"}"})");
  CHECK(error->tool_name == std::string(255, 't'));
  CHECK(heddle::adopt_loom_file(backend, {}, loom.path()).tenants_before == 1);
}

TEST_CASE("a list that is as deep as JSON can be is stored as a text, as no object can have it") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute("UPDATE sessions SET context_json = printf('%.512c', '[') || printf('%.512c', ']') WHERE id = 's1'");
  Target target;
  const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
  CHECK(rows_of(report.changed, "sessions", "context_json") == 1);
  const auto session = target.backend().session_storage().load_session(file_tenant, "s1");
  CHECK(session->context.text.find(R"({"value":"[[[)") == 0);
}

TEST_CASE("rows whose ids cannot be stored, or whose session is missing, are left out and counted") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute(
      "INSERT INTO sessions (id, created_at, updated_at) VALUES (CAST(x'61FF' AS TEXT), 1, 1), ('a\uFFFD', 1, 1), ('', "
      "1, "
      "1), (NULL, 1, 1), (printf('%.256c', 'x'), 1, 1);"
      "INSERT INTO messages (session_id, role, content, timestamp) VALUES (CAST(x'61FF' AS TEXT), 'user', 'lost', 1), "
      "('a\uFFFD', 'user', 'kept', 1), ('nowhere', 'user', 'orphan', 1), ('nowhere', 'user', 'orphan', 2);"
      "INSERT INTO tool_executions (session_id, tool_name, timestamp) VALUES ('nowhere', 't', 1);"
      "INSERT INTO agent_errors VALUES (CAST(x'65FF' AS TEXT), 1, 's1', 't', '{}', ''), ('e\uFFFD', 1, 's1', 't', "
      "'{}', "
      "'');"
      "UPDATE sessions SET parent_session_id = 's2' WHERE id = 's1';"
      "UPDATE sessions SET parent_session_id = 's3' WHERE id = 's3';"
      "UPDATE artifacts SET session_id = 'nowhere' WHERE name = 'plan.md';"
      "UPDATE human_requests SET session_id = 'nowhere' WHERE id = 'req_1'");
  Target target;
  auto& backend = target.backend();
  const auto report = heddle::adopt_loom_file(backend, {}, loom.path());
  CHECK(report.counts.at("session") == 4);
  CHECK(rows_of(report.left_out, "sessions") == 4);
  CHECK(rows_of(report.left_out, "messages") == 3);
  CHECK(rows_of(report.left_out, "tool_executions") == 1);
  CHECK(rows_of(report.left_out, "agent_errors") == 1);
  CHECK(rows_of(report.changed, "artifacts", "session_id") == 1);
  CHECK(rows_of(report.changed, "human_requests", "session_id") == 1);
  const auto kept = adoption::all_messages(backend, "a\uFFFD");
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].content == "kept");
  // A circle of parents is what the server has; it is no reason to lose it.
  CHECK(backend.session_storage().load_session(file_tenant, "s1")->parent_session_id == "s2");
  CHECK(backend.session_storage().load_session(file_tenant, "s2")->parent_session_id == "s1");
  CHECK(backend.session_storage().load_session(file_tenant, "s3")->parent_session_id == "s3");
}

TEST_CASE("messages and snapshots of one second keep the order of their row ids") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute(
      "DELETE FROM memory_snapshots;"
      "INSERT INTO memory_snapshots (id, session_id, snapshot_type, content, created_at) VALUES (8, 's3', 'l2', 'a', "
      "7), "
      "(9, 's3', 'l2', 'b', 7), (10, 's3', 'l2', 'c', 7), (11, 's3', 'l2', 'd', 7), (100, 's3', 'l2', 'e', 7);"
      "INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (99, 's3', 'user', 'second', 7), (1000, "
      "'s3', 'user', 'third', 7), (200, 's3', 'user', 'first', 6)");
  Target target;
  const auto report = heddle::adopt_loom_file(target.backend(), {}, loom.path());
  std::string order;
  for (const auto& snapshot : target.backend().session_storage().load_snapshots(file_tenant, "s3", "l2").items) {
    order += snapshot.content;
    CHECK(std::chrono::floor<std::chrono::seconds>(snapshot.created_at) ==
          std::chrono::sys_seconds(std::chrono::seconds(7)));
  }
  CHECK(order == "abcde");
  CHECK(rows_of(report.changed, "memory_snapshots", "created_at") == 3);
  const auto messages = adoption::all_messages(target.backend(), "s3");
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].content == "first");
  CHECK(messages[1].content == "second");
  CHECK(messages[2].content == "third");
}

TEST_CASE("a loom.db that its server writes is read in the state of one moment") {
  const LoomFolder loom("loom_1_2_0");
  std::atomic<bool> ends = false;
  std::atomic<int> pairs = 0;
  support::RawDatabase opened(loom.path());
  opened.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'a', 1)");
  opened.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'b', 1)");
  std::jthread server([&] {
    support::RawDatabase database(loom.path());
    while (!ends) {
      database.execute(
          "BEGIN; INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'a', 1);"
          "INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'b', 1); COMMIT");
      ++pairs;
      std::this_thread::yield();
    }
  });
  while (pairs == 0) { std::this_thread::yield(); }
  for (int round = 0; round < 3; ++round) {
    Target target;
    heddle::adopt_loom_file(target.backend(), {}, loom.path());
    const auto messages = adoption::all_messages(target.backend(), "s3");
    CHECK(messages.size() >= 4);
    CHECK(messages.size() % 2 == 0);
    for (std::size_t at = 0; at < messages.size(); ++at) { CHECK(messages[at].content == (at % 2 == 0 ? "a" : "b")); }
  }
  ends = true;
}

TEST_CASE("what a server that was killed has left in the log is adopted, and the log stays") {
  const LoomFolder loom("loom_1_2_0");
  const auto killed = loom.folder() / "killed";
  std::filesystem::create_directory(killed);
  {
    support::RawDatabase server(loom.path());
    server.execute("PRAGMA wal_autocheckpoint = 0");
    server.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('s3', 'user', 'late', 5)");
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy(loom.path() + suffix, (killed / "loom.db").string() + suffix);
    }
  }
  const std::string path = (killed / "loom.db").string();
  const auto database = adoption::contents_of(path);
  const auto log = adoption::contents_of(path + "-wal");
  Target target;
  heddle::adopt_loom_file(target.backend(), {}, path);
  CHECK(adoption::all_messages(target.backend(), "s3").size() == 1);
  CHECK(adoption::contents_of(path) == database);
  CHECK(adoption::contents_of(path + "-wal") == log);
}

TEST_CASE("that a loom.db is opened or written while it is read without locks is noticed") {
  const LoomFolder loom("loom_1_2_0");
  std::filesystem::last_write_time(loom.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const heddle::adoption::LoomFile source(loom.path());
  source.check_unchanged();
  {
    const support::RawDatabase opened(loom.path());
    std::ofstream(loom.path() + "-wal").close();
    CHECK(support::code_of([&] { source.check_unchanged(); }) == heddle::ErrorCode::conflict);
  }
  std::filesystem::remove(loom.path() + "-wal");
  source.check_unchanged();
  loom.execute("UPDATE messages SET content = 'other'");
  CHECK(!std::filesystem::exists(loom.path() + "-wal"));
  CHECK(support::code_of([&] { source.check_unchanged(); }) == heddle::ErrorCode::conflict);
}

#ifndef HEDDLE_CONFORMANCE_POSTGRES  // the damage is that of the source

TEST_CASE("messages that a damaged index lacks are not lost in silence") {
  const LoomFolder loom("loom_1_2_0");
  loom.execute(
      "CREATE TABLE e (a); CREATE INDEX e_a ON e (a); PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'e_a') WHERE name = "
      "'idx_messages_session'");
  Target target;
  CHECK(support::code_of([&] { heddle::adopt_loom_file(target.backend(), {}, loom.path()); }) ==
        heddle::ErrorCode::data_loss);
}

TEST_CASE("a damaged loom.db is refused with data_loss, and nothing is stored") {
  const LoomFolder loom("loom_1_2_0");
  const std::string bytes = adoption::contents_of(loom.path());
  const std::string path = (loom.folder() / "damaged.db").string();
  std::int64_t refused = 0;
  const auto adopt = [&](const std::string& damaged) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    Target target;
    try {
      heddle::adopt_loom_file(target.backend(), {}, path);
    } catch (const heddle::Error& error) {
      ++refused;
      CAPTURE(error.what());
      const bool is_refusal = error.code() == heddle::ErrorCode::data_loss ||
                              error.code() == heddle::ErrorCode::failed_precondition ||
                              error.code() == heddle::ErrorCode::not_found;
      CHECK(is_refusal);
      CHECK(target.backend().session_storage().list_sessions(file_tenant).items.empty());
    }
  };
  // Each page in turn but the first, which is the header and the list of tables.
  constexpr std::size_t page = 4096;
  for (std::size_t at = page; at < bytes.size(); at += page) {
    std::string damaged = bytes;
    damaged.replace(at, page, page, '\xff');
    adopt(damaged);
  }
  CHECK(refused > 5);
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  const std::int64_t rounds = support::size_of_run(20, 1000);
  for (std::int64_t round = 0; round < rounds; ++round) {
    std::string damaged = bytes;
    if (round % 4 == 0) {
      damaged.resize(random() % bytes.size());
    } else {
      char& byte = damaged[random() % bytes.size()];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << random() % 8U));
    }
    adopt(damaged);
  }
  MESSAGE("refused: " << refused);
}

#endif
