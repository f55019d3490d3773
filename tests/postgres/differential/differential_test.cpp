#include "postgres/differential/search_calls.hpp"
#include "postgres/differential/two_backends.hpp"
#include "property/generator.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

/// Random calls on SQLite and PostgreSQL: a server must be able to switch between them and find no difference but the
/// capabilities.
namespace {

/// Set HEDDLE_TEST_SEQUENCES for more sequences, each with another seed.
std::uint32_t sequences() {
  const char* const given = std::getenv("HEDDLE_TEST_SEQUENCES");
  return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : 8U;
}

constexpr int calls_of_sequence = 400;
/// After this many both start with new databases: a search in SQLite gets slower with the data of all tenants.
constexpr std::uint32_t sequences_of_database = 50;

}  // namespace

TEST_CASE("PostgreSQL returns what SQLite returns, call by call") {
  std::int64_t calls = 0;
  std::int64_t refused = 0;
  for (std::uint32_t from = 0; from < sequences(); from += sequences_of_database) {
    differential::TwoBackends both;
    for (std::uint32_t at = from; at < sequences() && at < from + sequences_of_database; ++at) {
      differential::StoreCalls sequence(both, property::seed() + at);
      sequence.begin();
      for (int step = 0; step < calls_of_sequence && sequence.agreed(); ++step) { sequence.any(); }
    }
    calls += both.calls();
    refused += both.refused();
  }
  MESSAGE(calls << " calls, " << refused << " of them refused");
  // Neither very few nor nearly all: otherwise the values test little.
  CHECK(refused > calls / 50);
  CHECK(refused < calls / 2);
}

TEST_CASE("PostgreSQL finds what SQLite finds") {
  std::int64_t found = 0;
  std::int64_t searches = 0;
  for (std::uint32_t from = 0; from < sequences(); from += sequences_of_database) {
    differential::TwoBackends both;
    for (std::uint32_t at = from; at < sequences() && at < from + sequences_of_database; ++at) {
      differential::SearchCalls sequence(both, property::seed() + at);
      sequence.fill_texts(40);
      for (int step = 0; step < calls_of_sequence / 2 && sequence.agreed(); ++step) { sequence.search_once(); }
      found += sequence.lists_with_items();
      searches += sequence.lists();
    }
  }
  MESSAGE(searches << " searches, " << found << " of them found something");
  CHECK(found > searches / 4);
}
