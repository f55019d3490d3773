#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

namespace {

/// Returns the text of the error with which a call refuses its arguments.
template <class Call>
std::string refusal_of(Call&& call) {
  const Error error = support::error_of(call);
  CHECK(error.code() == ErrorCode::invalid_argument);
  return error.what();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

CONFORMANCE_TEST("values of parameters come to a query as they are, and never as SQL") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = {{"city", "people"}, {{"Köln", std::int64_t{1084831}}, {"it's", {}}}}});
  const auto ask = [&](const std::string& select, const QueryParameters& parameters) {
    return store.query(alice, "r", select, {}, parameters).rows;
  };
  using Rows = std::vector<std::vector<Cell>>;
  CHECK(ask("SELECT people FROM result WHERE city = :city", {.named = {{"city", "Köln"}}}) ==
        Rows{{std::int64_t{1084831}}});
  CHECK(ask("SELECT city FROM result WHERE city = ?1", {.positional = {"it's"}}) == Rows{{"it's"}});
  CHECK(ask("SELECT city FROM result WHERE city = ?", {.positional = {"' OR 1=1 --"}}).empty());
  CHECK(ask("SELECT ?2, ?1, ?2", {.positional = {"a", "b"}}) == Rows{{"b", "a", "b"}});
  CHECK(ask("SELECT ?, ?", {.positional = {"a", "b"}}) == Rows{{"a", "b"}});
  CHECK(ask("SELECT :a, @b, $c, :a", {.named = {{"a", "1"}, {"b", "2"}, {"c", "3"}}}) == Rows{{"1", "2", "3", "1"}});
  CHECK(ask("SELECT city FROM result LIMIT :n OFFSET :skip",
            {.named = {{"n", std::int64_t{1}}, {"skip", std::int64_t{1}}}}) == Rows{{"it's"}});
  CHECK(ask("SELECT city FROM result WHERE city LIKE :p", {.named = {{"p", "K%"}}}) == Rows{{"Köln"}});

  const std::vector<Cell> values{std::monostate{}, std::numeric_limits<std::int64_t>::min(), 0.1, -0.0, 123456789.0,
                                 std::string(),    std::string("\"quoted\" ; \\ \n 世界")};
  for (const Cell& value : values) {
    CHECK(ask("SELECT ?1, typeof(?1)", {.positional = {value}}) ==
          ask("SELECT :v, typeof(:v)", {.named = {{"v", value}}}));
    CHECK(ask("SELECT ?1", {.positional = {value}}) == Rows{{value}});
  }
  CHECK(ask("SELECT ?1, typeof(?1)", {.positional = {true}}) == Rows{{std::int64_t{1}, "integer"}});
}

CONFORMANCE_TEST("a parameter without a value, and a value without a parameter, are refused with the name") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(3)});
  const auto refusal = [&](const std::string& select, const QueryParameters& parameters) {
    return refusal_of([&] { static_cast<void>(store.query(alice, "r", select, {}, parameters)); });
  };
  CHECK(has(refusal("SELECT :city", {}), ":city"));
  CHECK(has(refusal("SELECT @city", {.named = {{"town", "x"}}}), "@city"));
  CHECK(has(refusal("SELECT ?", {}), "?1"));
  CHECK(has(refusal("SELECT ?1, ?2", {.positional = {"a"}}), "?2"));
  CHECK(has(refusal("SELECT :a", {.named = {{"a", "x"}, {"extra", "y"}}}), ":extra"));
  CHECK(has(refusal("SELECT n FROM result", {.named = {{"extra", "y"}}}), ":extra"));
  CHECK(has(refusal("SELECT ?1", {.positional = {"a", "b"}}), "?2"));
  CHECK(has(refusal("SELECT n FROM result", {.positional = {"a"}}), "?1"));
  CHECK(has(refusal("SELECT :a", {.positional = {"a"}}), ":a"));
  // The name has no first character.
  CHECK(has(refusal("SELECT :a", {.named = {{":a", "x"}}}), ":a"));

  CHECK(has(refusal("SELECT :a, ?2", {.positional = {"x"}, .named = {{"a", "x"}}}), "parameters"));
  CHECK(has(refusal("SELECT :a", {.named = {{"", "x"}}}), "parameters.named.keys[0]"));
  CHECK(has(refusal("SELECT :a", {.named = {{"a", "\xFF"}}}), "parameters.named.values[0]"));
  CHECK(
      has(refusal("SELECT ?1", {.positional = {std::numeric_limits<double>::infinity()}}), "parameters.positional[0]"));
  CHECK(has(refusal("SELECT ?1", {.positional = {std::string((1U << 20U) + 1, 'x')}}), "parameters.positional[0]"));
  CHECK(has(refusal("SELECT 1", {.positional = std::vector<Cell>(101)}), "100"));
  CHECK(has(refusal("SELECT ?101", {.positional = std::vector<Cell>(100)}), "?100"));
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "none", "SELECT ?1", {}, {.positional = {"a"}})); }) ==
        ErrorCode::not_found);
}

CONFORMANCE_TEST("parameters cannot pass the limits of a query") {
  Subject subject;
  auto& store = subject.backend().result_store();
  store.store(alice, {.id = "r", .table = numbers(3)});
  const std::string longest(1U << 20U, 'x');
  const auto code = [&](const std::string& select, const QueryLimits& limits) {
    return code_of([&] { static_cast<void>(store.query(alice, "r", select, limits, {.positional = {longest}})); });
  };
  CHECK(only(store.query(alice, "r", "SELECT length(?1)", {}, {.positional = {longest}})) ==
        Cell(static_cast<std::int64_t>(longest.size())));
  CHECK(code("SELECT ?1 || ?1", {}) == ErrorCode::resource_exhausted);
  CHECK(code("SELECT ?1", {.answer_bytes = 1000}) == ErrorCode::resource_exhausted);
  CHECK(code("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*), ?1 FROM c",
             {.time = 30ms}) == ErrorCode::deadline_exceeded);
}
