#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

namespace {

constexpr std::int64_t one = 1;

/// Waits until a result with a time to live of one millisecond has expired.
void outlive(const DataReference& reference) {
  while (now() <= reference.stored_at + 1ms) { std::this_thread::sleep_for(1ms); }
}

}  // namespace

CONFORMANCE_TEST("a table is stored, described, and queried by SQL") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const Table table{{"city", "people", "share"},
                    {{std::string("Köln"), std::int64_t{1084831}, 0.013},
                     {std::string("Bonn"), std::int64_t{336465}, std::monostate{}},
                     {std::string("it's \"quoted\""), std::monostate{}, -0.5}}};
  const Timestamp before = now();
  const auto reference =
      store.store(alice, {.id = "r", .table_name = "cities", .table = table, .metadata = {{"tool", "sql"}}});
  CHECK(reference.id == "r");
  CHECK(reference.location == DataLocation::database);
  CHECK(reference.content_type == "application/sql");
  CHECK_FALSE(reference.compressed);
  CHECK(reference.size_bytes > 0);
  CHECK(reference.checksum.size() == 64);
  CHECK(reference.metadata == std::map<std::string, std::string>{{"tool", "sql"}});
  CHECK(reference.stored_at >= before);
  CHECK(reference.stored_at <= now());

  CHECK(store.query(alice, "r", "SELECT * FROM cities ORDER BY rowid") == table);
  CHECK(store.query(alice, "r", "SELECT city FROM cities WHERE people > 1000000") == Table{{"city"}, {{"Köln"}}});
  CHECK(only(store.query(alice, "r", "SELECT sum(people) FROM cities")) == Cell(std::int64_t{1421296}));

  const auto metadata = store.metadata(alice, "r").value();
  CHECK(metadata == ResultMetadata{.id = "r",
                                   .table_name = "cities",
                                   .row_count = 3,
                                   .column_count = 3,
                                   .columns = table.columns,
                                   .preview = table,
                                   .stored_at = reference.stored_at,
                                   .accessed_at = reference.stored_at,
                                   .expires_at = reference.stored_at + 24h,
                                   .size_bytes = reference.size_bytes,
                                   .checksum = reference.checksum,
                                   .metadata = {{"tool", "sql"}}});
}

CONFORMANCE_TEST("a result without id, or without rows") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const auto reference = store.store(alice, {.table = numbers(1)});
  CHECK(reference.id.size() == 36);
  CHECK(store.store(alice, {.table = numbers(1)}).id != reference.id);
  CHECK(store.metadata(alice, reference.id).value().table_name == "result");
  CHECK(only(store.query(alice, reference.id, "SELECT n FROM result")) == Cell(one));

  store.store(alice, {.id = "empty", .table = numbers(0)});
  CHECK(store.query(alice, "empty", "SELECT * FROM result") == numbers(0));
  CHECK(store.metadata(alice, "empty").value().row_count == 0);
}

CONFORMANCE_TEST("fault 26: storing again replaces the result and appends nothing") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(20), .time_to_live = 1h, .metadata = {{"k", "v"}}});
  const Table other{{"a", "b"}, {{std::string("x"), std::string("y")}}};
  const auto reference = store.store(alice, {.id = "r", .table_name = "other", .table = other});
  CHECK(store.query(alice, "r", "SELECT * FROM other") == other);
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "SELECT * FROM result")); }) ==
        ErrorCode::invalid_argument);
  const auto metadata = store.metadata(alice, "r").value();
  CHECK(metadata.table_name == "other");
  CHECK(metadata.row_count == 1);
  CHECK(metadata.column_count == 2);
  CHECK(metadata.checksum == reference.checksum);
  CHECK(metadata.metadata.empty());
  CHECK(metadata.expires_at == reference.stored_at + 24h);
}

CONFORMANCE_TEST("fault 26: long or similar names do not collide") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const std::string stem(limits::id - 1, 't');
  for (const char* end : {"1", "2"}) {
    const Table table{{"v"}, {{std::string(end)}}};
    store.store(alice, {.id = stem + end, .table_name = stem + end, .table = table});
  }
  for (const char* end : {"1", "2"}) {
    CHECK(only(store.query(alice, stem + end, "SELECT v FROM " + stem + end)) == Cell(std::string(end)));
  }
}

CONFORMANCE_TEST("fault 26: the time to live has no arbitrary bounds") {
  Subject subject;
  auto& store = subject.backend().result_store();
  for (const auto time : {std::chrono::milliseconds(25 * 24h), std::chrono::milliseconds(24h * 36525)}) {
    const auto reference = store.store(alice, {.id = "r", .table = numbers(1), .time_to_live = time});
    CHECK(store.metadata(alice, "r").value().expires_at == reference.stored_at + time);
  }
  for (const auto time : {0ms, -1ms, std::chrono::milliseconds(24h * 36525) + 1ms, std::chrono::milliseconds::max(),
                          std::chrono::milliseconds::min()}) {
    CHECK(code_of([&] { store.store(alice, {.id = "other", .table = numbers(1), .time_to_live = time}); }) ==
          ErrorCode::invalid_argument);
  }
  CHECK_FALSE(store.metadata(alice, "other").has_value());
}

CONFORMANCE_TEST("fault 10: a result belongs to a tenant, and does not exist for other tenants") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const auto reference = store.store(alice, {.id = "r", .table = numbers(3)});
  for (const std::string id : {"r", "never"}) {
    CHECK_FALSE(store.metadata(bob, id).has_value());
    CHECK_FALSE(store.remove(bob, id));
    const Error error = support::error_of([&] { static_cast<void>(store.query(bob, id, "SELECT 1")); });
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(std::string(error.what()) == "the result \"" + id + "\" does not exist or has expired");
  }
  CHECK(store.metadata(alice, "r").value().checksum == reference.checksum);
}

CONFORMANCE_TEST("fault 12: an id that another tenant uses is free") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(3)});
  store.store(bob, {.id = "r", .table_name = "of_bob", .table = numbers(7)});
  CHECK(only(store.query(bob, "r", "SELECT count(*) FROM of_bob")) == Cell(std::int64_t{7}));
  CHECK(only(store.query(alice, "r", "SELECT count(*) FROM result")) == Cell(std::int64_t{3}));
  CHECK(store.remove(bob, "r"));
  CHECK(only(store.query(alice, "r", "SELECT count(*) FROM result")) == Cell(std::int64_t{3}));
}

CONFORMANCE_TEST("fault 27: the error code distinguishes a missing result from a failure") {
  Subject subject;
  auto& store = subject.backend().result_store();
  CHECK_FALSE(store.metadata(alice, "none").has_value());
  CHECK_FALSE(store.remove(alice, "none"));
  CHECK(store.expire(alice) == 0);
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "none", "SELECT 1")); }) == ErrorCode::not_found);
  store.store(alice, {.id = "r", .table = numbers(1)});
  CHECK(store.remove(alice, "r"));
  CHECK_FALSE(store.remove(alice, "r"));
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "SELECT 1")); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("a repeat of the removal of expired results returns what the first call returned") {
  Subject subject;
  auto& store = subject.backend().result_store();
  outlive(store.store(alice, {.id = "a", .table = numbers(1), .time_to_live = 1ms}));
  outlive(store.store(alice, {.id = "b", .table = numbers(1), .time_to_live = 1ms}));
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.expire(alice, once) == 2);
  outlive(store.store(alice, {.id = "c", .table = numbers(1), .time_to_live = 1ms}));
  CHECK(store.expire(alice, once) == 2);
  CHECK(store.expire(alice) == 1);
}

CONFORMANCE_TEST("an expired result does not exist, whether it has been removed or not") {
  Subject subject;
  auto& store = subject.backend().result_store();
  outlive(store.store(alice, {.id = "r", .table = numbers(1), .time_to_live = 1ms}));
  CHECK_FALSE(store.metadata(alice, "r").has_value());
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "SELECT n FROM result")); }) == ErrorCode::not_found);
  CHECK_FALSE(store.remove(alice, "r"));

  // The id is free.
  store.store(alice, {.id = "r", .table = numbers(2)});
  CHECK(store.metadata(alice, "r").value().row_count == 2);
  CHECK(store.expire(alice) == 0);
  CHECK(store.metadata(alice, "r").has_value());
}

CONFORMANCE_TEST("expiring removes all expired results of the tenant and no others") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "stays", .table = numbers(1)});
  const auto add = [&](const Context& context, int count) {
    for (int i = 0; i < count; ++i) {
      const auto reference = store.store(context, {.id = std::to_string(i), .table = numbers(1), .time_to_live = 1ms});
      if (i + 1 == count) { outlive(reference); }
    }
  };
  // More than one transaction removes.
  add(alice, 70);
  add(bob, 64);
  CHECK(store.expire(alice) == 70);
  CHECK(store.expire(alice) == 0);
  CHECK(store.metadata(alice, "stays").has_value());
  CHECK(store.expire(bob) == 64);
}

CONFORMANCE_TEST("fault 30: a store or removal with an idempotency key is done once") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const NewResult result{.table_name = "t", .table = numbers(3), .metadata = {{"k", "v"}}};
  const auto reference = store.store(alice, result, {.idempotency_key = "store"});
  CHECK(store.store(alice, result, {.idempotency_key = "store"}) == reference);
  CHECK(store.store(bob, result, {.idempotency_key = "store"}).id != reference.id);

  // A repeat does not undo later changes.
  store.store(alice, {.id = reference.id, .table_name = "later", .table = numbers(1)});
  CHECK(store.store(alice, result, {.idempotency_key = "store"}) == reference);
  CHECK(store.metadata(alice, reference.id).value().table_name == "later");

  CHECK(store.remove(alice, reference.id, {.idempotency_key = "remove"}));
  store.store(alice, {.id = reference.id, .table = numbers(1)});
  CHECK(store.remove(alice, reference.id, {.idempotency_key = "remove"}));
  CHECK(store.metadata(alice, reference.id).has_value());

  NewResult other = result;
  const auto refused = [&](auto&& change) {
    other = result;
    change();
    CHECK(code_of([&] { store.store(alice, other, {.idempotency_key = "store"}); }) == ErrorCode::invalid_argument);
  };
  refused([&] { other.id = "x"; });
  refused([&] { other.table_name = "x"; });
  refused([&] { other.time_to_live = 1h; });
  refused([&] { other.metadata.clear(); });
  refused([&] { other.table.columns = {"m"}; });
  refused([&] { other.table.rows.pop_back(); });
  refused([&] { other.table.rows[0][0] = 1.0; });
  refused([&] { other.table.rows[0][0] = true; });
  refused([&] { other.table.rows[0][0] = std::string("1"); });
  refused([&] { other.table.rows[0][0] = std::monostate{}; });
  CHECK(code_of([&] { store.remove(alice, "x", {.idempotency_key = "remove"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.remove(alice, "x", {.idempotency_key = "store"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 6: a table that cannot be stored exactly is refused, and the stored result stays") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(3)});
  const std::string nul("a\0b", 3);
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<NewResult> refused;
  for (const std::string& text : {nul, std::string("\xff")}) {
    refused.push_back({.id = text, .table = numbers(1)});
    refused.push_back({.id = "r", .table_name = text, .table = numbers(1)});
    refused.push_back({.id = "r", .table = {{text}, {}}});
    refused.push_back({.id = "r", .table = {{"a"}, {{text}}}});
    refused.push_back({.id = "r", .table = numbers(1), .metadata = {{text, "v"}}});
    refused.push_back({.id = "r", .table = numbers(1), .metadata = {{"k", text}}});
  }
  refused.push_back({.id = std::string(limits::id + 1, 'i'), .table = numbers(1)});
  refused.push_back({.id = "r", .table_name = "", .table = numbers(1)});
  refused.push_back({.id = "r", .table_name = std::string(limits::id + 1, 't'), .table = numbers(1)});
  refused.push_back({.id = "r", .table_name = "sqlite_master", .table = numbers(1)});
  refused.push_back({.id = "r"});
  refused.push_back({.id = "r", .table = {{"a", "A"}, {}}});
  refused.push_back({.id = "r", .table = {{"a"}, {{one, one}}}});
  refused.push_back({.id = "r", .table = {{"a"}, {{infinity}}}});
  refused.push_back({.id = "r", .table = numbers(1), .metadata = {{std::string(limits::name + 1, 'k'), "v"}}});
  for (const NewResult& result : refused) {
    CHECK(code_of([&] { store.store(alice, result); }) == ErrorCode::invalid_argument);
  }
  const auto is_refused = [&](auto&& action) { CHECK(code_of(action) == ErrorCode::invalid_argument); };
  for (const std::string& id : {std::string(), nul, std::string(limits::id + 1, 'i')}) {
    is_refused([&] { static_cast<void>(store.query(alice, id, "SELECT 1")); });
    is_refused([&] { static_cast<void>(store.metadata(alice, id)); });
    is_refused([&] { store.remove(alice, id); });
  }
  is_refused([&] { static_cast<void>(store.query(alice, "r", nul)); });
  CHECK(store.query(alice, "r", "SELECT * FROM result") == numbers(3));
}

CONFORMANCE_TEST("after closing, the result store refuses every call") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.result_store();
  backend.close();
  CHECK(code_of([&] { store.store(alice, {.table = numbers(1)}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r", "SELECT 1")); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { store.expire(alice); }) == ErrorCode::failed_precondition);
}
