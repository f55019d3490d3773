#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// Results that are stored row by row, and the list of a tenant's results.
namespace {

template <class Store>
Ids ids(Store& store, const Context& context, std::int64_t limit = 0) {
  return all_ids(limit, [&](const PageRequest& request) { return store.list(context, request); });
}

}  // namespace

CONFORMANCE_TEST("a result that is written row by row is the one that is stored whole") {
  Subject subject;
  auto& store = subject.backend().result_store();
  for (const std::int64_t rows : {0, 1, 5, 6, 10, 11, 12, 1000}) {
    CAPTURE(rows);
    NewResult whole{.id = "whole", .table_name = "t", .table = {{"n", "text"}, {}}, .metadata = {{"k", "v"}}};
    for (std::int64_t row = 0; row < rows; ++row) {
      whole.table.rows.push_back({row, row % 3 == 0 ? Cell{} : Cell(std::string(static_cast<std::size_t>(row), 'x'))});
    }
    const DataReference stored = store.store(alice, whole);
    NewResult head = whole;
    head.id = "written";
    head.table.rows.assign(whole.table.rows.begin(), whole.table.rows.begin() + std::min<std::ptrdiff_t>(2, rows));
    ResultWriter writer = store.write(alice, head);
    for (std::size_t row = head.table.rows.size(); row < whole.table.rows.size(); ++row) {
      writer.append(whole.table.rows[row]);
    }
    CHECK((rows != 0 || !store.metadata(alice, "written")));
    DataReference written = writer.finish();
    CHECK(written.id == "written");
    CHECK(written.checksum == stored.checksum);
    CHECK(written.size_bytes == stored.size_bytes);
    CHECK(store.query(alice, "written", "SELECT * FROM t ORDER BY rowid").rows == whole.table.rows);
    ResultMetadata expected = store.metadata(alice, "whole").value();
    const ResultMetadata described = store.metadata(alice, "written").value();
    CHECK(described.preview == expected.preview);
    CHECK(described.row_count == rows);
    CHECK(described.columns == expected.columns);
    CHECK(described.metadata == expected.metadata);
    CHECK(described.expires_at - described.stored_at == 24h);
  }
  CHECK(store.write(alice, {.table = {{"n"}, {}}}).finish().id.size() == 36);
}

CONFORMANCE_TEST("a row that cannot be stored is not appended, and the others are") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const auto refused = [](auto&& call) { return code_of(call) == ErrorCode::invalid_argument; };
  CHECK(refused([&] { static_cast<void>(store.write(alice, {.table = {{}, {}}})); }));
  CHECK(refused([&] { static_cast<void>(store.write(alice, {.table_name = "", .table = {{"n"}, {}}})); }));
  CHECK(refused([&] { static_cast<void>(store.write(alice, {.table = {{"n", "N"}, {}}})); }));
  CHECK(refused([&] { static_cast<void>(store.write(alice, {.table = {{"n"}, {{1.5, 2.5}}}})); }));
  CHECK(refused([&] { static_cast<void>(store.write(alice, {.table = {{"n"}, {}}, .time_to_live = 0ms})); }));
  CHECK(refused([&] {
    static_cast<void>(store.write(alice, {.table = {{"n"}, {}}}, {.idempotency_key = std::string(256, 'k')}));
  }));

  ResultWriter writer = store.write(alice, {.id = "r", .table = {{"n"}, {}}});
  writer.append({std::int64_t{1}});
  CHECK(refused([&] { writer.append({}); }));
  CHECK(refused([&] { writer.append({"a", "b"}); }));
  CHECK(refused([&] { writer.append({"\xFF"}); }));
  CHECK(refused([&] { writer.append({std::numeric_limits<double>::quiet_NaN()}); }));
  CHECK(refused([&] { writer.append({std::string((1U << 20U) + 1, 'x')}); }));
  writer.append({std::int64_t{2}});
  writer.finish();
  CHECK(store.query(alice, "r", "SELECT n FROM result") == numbers(2));
  CHECK(code_of([&] { writer.append({std::int64_t{3}}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { writer.finish(); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("a written result that is larger than an image can be is refused, and nothing stays") {
  Subject subject;
  auto& store = subject.backend().result_store();
  ResultWriter writer = store.write(alice, {.id = "r", .table = {{"text"}, {}}});
  const std::vector<Cell> row{std::string(1'000'000, 'x')};
  CHECK(code_of([&] {
          for (std::size_t bytes = 0; bytes <= 2 * limits::image; bytes += 1'000'000) { writer.append(row); }
        }) == ErrorCode::resource_exhausted);
  CHECK(code_of([&] { writer.append(row); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { writer.finish(); }) == ErrorCode::failed_precondition);
  CHECK(ids(store, alice).empty());
}

CONFORMANCE_TEST("a written result is stored at most once with its key, and never after its context is over") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.result_store();
  const auto write = [&](std::int64_t rows, const WriteOptions& options) {
    ResultWriter writer = store.write(alice, {.id = "r", .table = numbers(1)}, options);
    for (std::int64_t row = 2; row <= rows; ++row) { writer.append({row}); }
    return writer.finish();
  };
  const WriteOptions once{.idempotency_key = "k"};
  const DataReference first = write(3, once);
  CHECK(store.remove(alice, "r"));
  CHECK(write(3, once) == first);
  CHECK_FALSE(store.metadata(alice, "r").has_value());
  CHECK(code_of([&] { write(4, once); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.store(alice, {.id = "r", .table = numbers(3)}, once); }) == ErrorCode::invalid_argument);

  std::stop_source stop;
  ResultWriter stopped = store.write(alice.with_stop(stop.get_token()), {.id = "s", .table = numbers(1)});
  stop.request_stop();
  CHECK(code_of([&] { stopped.append({std::int64_t{2}}); }) == ErrorCode::cancelled);
  CHECK(code_of([&] {
          ResultWriter late = store.write(alice.with_timeout(20ms), {.id = "s", .table = numbers(1)});
          std::this_thread::sleep_for(25ms);
          late.finish();
        }) == ErrorCode::deadline_exceeded);
  ResultWriter open = store.write(alice, {.id = "s", .table = numbers(1)});
  { const ResultWriter forgotten = store.write(alice, {.id = "s", .table = numbers(1)}); }
  CHECK(ids(store, alice).empty());
  backend.close();
  CHECK(code_of([&] { open.finish(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.write(alice, {.table = numbers(1)})); }) ==
        ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("the results of a tenant are listed, newest first, without those that have expired") {
  Subject subject;
  auto& store = subject.backend().result_store();
  Ids expected;
  for (const char* id : {"c", "a", "b", "d", "e"}) {
    store.store(alice, {.id = id, .table = numbers(2), .metadata = {{"of", id}}});
    expected.insert(expected.begin(), id);
    std::this_thread::sleep_for(1ms);
  }
  store.store(bob, {.id = "bob's", .table = numbers(1)});
  const DataReference brief = store.store(alice, {.id = "brief", .table = numbers(1), .time_to_live = 1ms});
  while (now() <= brief.stored_at + 2ms) { std::this_thread::sleep_for(1ms); }
  for (const std::int64_t limit : {0, 1, 2, 5, 6}) { CHECK(ids(store, alice, limit) == expected); }
  CHECK(ids(store, bob) == Ids{"bob's"});
  for (const ResultMetadata& each : store.list(alice).items) { CHECK(store.metadata(alice, each.id) == each); }

  // A result that is stored again is the newest.
  store.store(alice, {.id = "a", .table = numbers(1)});
  CHECK(ids(store, alice).front() == "a");
  CHECK(ids(store, alice).size() == 5);
  CHECK(store.remove(alice, "c"));
  CHECK(ids(store, alice).size() == 4);
  CHECK(code_of([&] { static_cast<void>(store.list(alice, {.cursor = "x"})); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.list(alice, {.limit = -1})); }) == ErrorCode::invalid_argument);
}
