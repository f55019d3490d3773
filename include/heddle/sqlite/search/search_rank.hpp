// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/fts5_api.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"

#include <sqlite3.h>

#include <array>
#include <cstddef>

namespace heddle::sqlite::search {

/// The SQL function that returns how well a row matches, smaller being better: the term frequency part of Okapi BM25
/// (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with its usual k1 and b. The other part, how
/// rare a word is in the whole index, is left out on purpose: the index holds the rows of all tenants, and the order of
/// a tenant's own rows would reveal what other tenants write.
inline void search_rank(const Fts5ExtensionApi* api, Fts5Context* row, sqlite3_context* result, int /*count*/,
                        sqlite3_value** /*arguments*/) {
  constexpr double k1 = 1.2;
  constexpr double b = 0.75;
  constexpr double usual_length = 100;  // in words; the true mean would reveal the rows of other tenants too
  std::array<int, limits::query_terms> frequencies{};
  int instances = 0;
  int length = 0;
  int failure = api->xInstCount(row, &instances);
  if (failure == SQLITE_OK) { failure = api->xColumnSize(row, -1, &length); }
  for (int instance = 0; instance < instances && failure == SQLITE_OK; ++instance) {
    int phrase = 0;
    int column = 0;
    int offset = 0;
    failure = api->xInst(row, instance, &phrase, &column, &offset);
    const auto index = static_cast<std::size_t>(phrase);
    if (index < frequencies.size()) { ++frequencies[index]; }
  }
  if (failure != SQLITE_OK) { return sqlite3_result_error_code(result, failure); }
  const double norm = k1 * (1 - b + b * length / usual_length);
  double score = 0;
  for (const int frequency : frequencies) { score += frequency * (k1 + 1) / (frequency + norm); }
  sqlite3_result_double(result, -score);
}

/// Adds the function `search_rank(table)` to the full-text search of a connection. Throws `failed_precondition` if the
/// SQLite library does not support that.
inline void add_search_rank(sqlite3* connection) {
  fts5_api& api = detail::sqlite_c::fts5_api_of(connection);
  if (api.xCreateFunction(&api, "search_rank", nullptr, &search_rank, nullptr) != SQLITE_OK) {
    throw Error(ErrorCode::failed_precondition, "this SQLite library does not accept ranking functions");
  }
}

}  // namespace heddle::sqlite::search
