#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// What the SQL of an agent returns, may do, and costs.
namespace {

using Row = std::vector<Cell>;

constexpr std::int64_t one = 1;

}  // namespace

CONFORMANCE_TEST("fault 26: numbers are returned with their type and every digit, also in the preview") {
  Subject subject;
  auto& store = subject.backend().result_store();
  Table table{{"v"}, {}};
  for (const Cell& cell :
       Row{123456789.0, std::int64_t{123456789}, 0.1, 1e300, -0.0, 5e-324, std::numeric_limits<double>::max(),
           std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), std::string("00123")}) {
    table.rows.push_back({cell});
  }
  store.store(alice, {.id = "r", .table = table});
  CHECK(store.query(alice, "r", "SELECT v FROM result ORDER BY rowid") == table);
  CHECK(store.metadata(alice, "r").value().preview == table);

  // Booleans are queried as 1 and 0; the preview contains them as they were given.
  const Table flags{{"v"}, {{true}, {false}}};
  store.store(alice, {.id = "flags", .table = flags});
  CHECK(store.query(alice, "flags", "SELECT v FROM result") == Table{{"v"}, {{one}, {std::int64_t{0}}}});
  CHECK(store.metadata(alice, "flags").value().preview == flags);

  Table many = numbers(1000);
  store.store(alice, {.id = "many", .table = many});
  CHECK(store.metadata(alice, "many").value().row_count == 1000);
  many.rows.erase(many.rows.begin() + 5, many.rows.end() - 5);
  CHECK(store.metadata(alice, "many").value().preview == many);
}

CONFORMANCE_TEST("fault 23: columns, tables and ids can have any name") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const Table table{{"order", "select", "a b", "quote\"", "it's", "ä;--"}, {{one, one, one, one, one, one}}};
  for (const char* name : {"order", "table", "x; DROP TABLE sessions", "a\"b", "it's", "Grüße", "--"}) {
    CAPTURE(name);
    store.store(alice, {.id = name, .table_name = name, .table = table});
    std::string quoted = "\"";
    for (const char each : std::string(name)) { quoted += each == '"' ? std::string("\"\"") : std::string(1, each); }
    quoted += '"';
    CHECK(store.query(alice, name, "SELECT * FROM " + quoted) == table);
    CHECK(store.query(alice, name, "SELECT \"order\" FROM " + quoted + " ORDER BY \"select\" LIMIT 1 OFFSET 0")
              .rows.size() == 1);
  }
  for (const char* id : {"../..", "' OR 1=1 --", "\"; DROP TABLE sql_results; --", "%", "NULL"}) {
    CHECK_FALSE(store.metadata(alice, id).has_value());
    store.store(alice, {.id = id, .table = numbers(1)});
    CHECK(only(store.query(alice, id, "SELECT n FROM result")) == Cell(one));
    CHECK(store.remove(alice, id));
  }
  CHECK(store.metadata(alice, "order").has_value());
}

CONFORMANCE_TEST("fault 22: an agent's SQL reads its result and nothing else") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.result_store();
  add_session(backend, alice, "s");
  store.store(alice, {.id = "r", .table = numbers(3)});
  store.store(alice, {.id = "secret", .table_name = "secret", .table = numbers(3)});
  support::TemporaryFolder folder;
  const std::string file = (folder.path() / "out.db").string();
  for (const std::string& sql : {std::string("SELECT * FROM sessions"),
                                 std::string("SELECT * FROM sql_results"),
                                 std::string("SELECT * FROM secret"),
                                 std::string("SELECT * FROM sqlite_master"),
                                 std::string("SELECT count(*) FROM sqlite_schema"),
                                 std::string("EXPLAIN SELECT * FROM result"),
                                 std::string("EXPLAIN QUERY PLAN SELECT * FROM result"),
                                 std::string("SELECT * FROM pragma_table_list"),
                                 std::string("DELETE FROM result"),
                                 std::string("UPDATE result SET n = 0"),
                                 std::string("INSERT INTO result VALUES (9)"),
                                 std::string("DROP TABLE result"),
                                 std::string("CREATE TABLE t (a)"),
                                 std::string("COMMIT"),
                                 std::string("BEGIN"),
                                 std::string("PRAGMA query_only = OFF"),
                                 std::string("PRAGMA table_info(result)"),
                                 std::string("VACUUM"),
                                 "ATTACH '" + file + "' AS x",
                                 "VACUUM INTO '" + file + "'",
                                 std::string("SELECT load_extension('x')"),
                                 std::string("SELECT readfile('/etc/passwd')"),
                                 std::string("SELECT 1; DELETE FROM result"),
                                 std::string("SELECT * FROM result WHERE n = ?1"),
                                 std::string(),
                                 std::string("nonsense"),
                                 std::string(heddle::max_sql_bytes + 1, ' ')}) {
    CAPTURE(sql);
    CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", sql)); }) == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(store.query(alice, "r", "SELECT * FROM result") == numbers(3));
  CHECK(backend.session_storage().load_session(alice, "s").has_value());
}

CONFORMANCE_TEST("fault 29: a query is limited in rows, size, memory and time") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(100)});
  const auto refused = [&](const std::string& sql, const heddle::QueryLimits& limits) {
    return code_of([&] { static_cast<void>(store.query(alice, "r", sql, limits)); });
  };
  const std::string endless = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT ";
  CHECK(refused("SELECT n FROM result", {.rows = 99}) == ErrorCode::resource_exhausted);
  CHECK(refused(endless + "i FROM c", {}) == ErrorCode::resource_exhausted);
  CHECK(refused("SELECT n FROM result", {.answer_bytes = 100}) == ErrorCode::resource_exhausted);
  CHECK(refused(endless + "count(*) FROM c", {.time = 20ms}) == ErrorCode::deadline_exceeded);
  CHECK(refused("SELECT 1", {.time = 0ms}) == ErrorCode::invalid_argument);
  CHECK(store.query(alice, "r", "SELECT n FROM result", {.rows = 100}).rows.size() == 100);

  // The caller's deadline applies as well.
  const auto brief = alice.with_timeout(20ms);
  CHECK(code_of([&] { static_cast<void>(store.query(brief, "r", endless + "count(*) FROM c")); }) ==
        ErrorCode::deadline_exceeded);
  std::stop_source stop;
  stop.request_stop();
  CHECK(code_of([&] { static_cast<void>(store.query(alice.with_stop(stop.get_token()), "r", "SELECT 1")); }) ==
        ErrorCode::cancelled);
}

CONFORMANCE_TEST("a long query does not delay other calls") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(1)});
  std::stop_source stop;
  std::vector<ErrorCode> ends(6, ErrorCode::internal);
  std::vector<std::thread> threads;
  // More queries than connections, each until it is stopped.
  for (auto& end : ends) {
    threads.emplace_back([&] {
      end = code_of([&] {
        static_cast<void>(store.query(alice.with_stop(stop.get_token()), "r",
                                      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) "
                                      "SELECT count(*) FROM c",
                                      {.time = 120s}));
      });
    });
  }
  for (int i = 0; i < 50; ++i) {
    store.store(alice, {.id = "r", .table = numbers(i)});
    CHECK(store.metadata(alice, "r").value().row_count == i);
    std::this_thread::sleep_for(1ms);
  }
  stop.request_stop();
  for (auto& thread : threads) { thread.join(); }
  for (const ErrorCode end : ends) { CHECK(end == ErrorCode::cancelled); }
}

CONFORMANCE_TEST("the queries that run at once share a budget, and who finds no room waits until its deadline") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(3)});
  const auto endless = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c";
  const heddle::QueryBudget budget;
  // One that may use more than all together may.
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "SELECT 1", {.memory_bytes = budget.bytes})); }) ==
        ErrorCode::resource_exhausted);

  std::stop_source stop;
  std::vector<ErrorCode> ends(budget.queries, ErrorCode::internal);
  std::vector<std::thread> threads;
  for (auto& end : ends) {
    threads.emplace_back([&] {
      end = code_of(
          [&] { static_cast<void>(store.query(alice.with_stop(stop.get_token()), "r", endless, {.time = 120s})); });
    });
  }
  // Until all of them run there is room.
  const auto asks = [&](const Context& context) {
    try {
      static_cast<void>(store.query(context, "r", "SELECT 1"));
      return std::optional<ErrorCode>();
    } catch (const Error& error) { return std::optional(error.code()); }
  };
  std::optional<ErrorCode> refused;
  while (refused != ErrorCode::resource_exhausted) { refused = asks(alice.with_timeout(20ms)); }
  // What is not there is said at once, without waiting for room. No deadline: on a busy machine it would end first.
  CHECK(asks(bob) == ErrorCode::not_found);
  std::stop_source gives_up;
  gives_up.request_stop();
  CHECK(asks(alice.with_stop(gives_up.get_token())) == ErrorCode::cancelled);
  // One that waits runs as soon as there is room.
  std::thread patient([&] { CHECK(store.query(alice, "r", "SELECT 1", {.time = 120s}).rows.size() == 1); });
  stop.request_stop();
  patient.join();
  for (auto& thread : threads) { thread.join(); }
  for (const ErrorCode end : ends) { CHECK(end == ErrorCode::cancelled); }
}

CONFORMANCE_TEST("a large result is stored and queried") {
  Subject subject;
  auto& store = subject.backend().result_store();
  Table table{{"n", "text"}, {}};
  for (std::int64_t i = 0; i < 3000; ++i) { table.rows.push_back({i, std::string(1000, 'x')}); }
  const auto reference = store.store(alice, {.id = "r", .table = table});
  CHECK(reference.size_bytes > 3'000'000);
  CHECK(only(store.query(alice, "r", "SELECT sum(n) + sum(length(text)) FROM result")) ==
        Cell(std::int64_t{2999 * 3000 / 2 + 3'000'000}));
}
