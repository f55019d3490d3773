// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/fts5_api.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/search/rank.hpp"

#include <sqlite3.h>

#include <cstddef>

namespace heddle::sqlite::search {

/// The SQL function `search_rank(table)` of the indexes: see `rank_of`. The last phrase of the query is the end of the
/// text, whose place is the length.
inline void search_rank(const Fts5ExtensionApi* api, Fts5Context* row, sqlite3_context* result, int /*count*/,
                        sqlite3_value** /*arguments*/) {
  const int end = api->xPhraseCount(row) - 1;
  Frequencies frequencies{};
  int instances = 0;
  int length = 0;
  int failure = api->xInstCount(row, &instances);
  for (int instance = 0; instance < instances && failure == SQLITE_OK; ++instance) {
    int phrase = 0;
    int column = 0;
    int offset = 0;
    failure = api->xInst(row, instance, &phrase, &column, &offset);
    const auto index = static_cast<std::size_t>(phrase);
    if (phrase == end) {
      length = offset;
    } else if (index < frequencies.size()) {
      ++frequencies[index];
    }
  }
  if (failure != SQLITE_OK) { return sqlite3_result_error_code(result, failure); }
  sqlite3_result_double(result, rank_of(frequencies, length));
}

/// Adds this function to the full-text search of a connection. Throws `failed_precondition` if the SQLite library
/// does not support that.
inline void add_search_rank(sqlite3* connection) {
  fts5_api& api = detail::sqlite_c::fts5_api_of(connection);
  if (api.xCreateFunction(&api, "search_rank", nullptr, &search_rank, nullptr) != SQLITE_OK) {
    throw Error(ErrorCode::failed_precondition, "this SQLite library does not accept ranking functions");
  }
}

}  // namespace heddle::sqlite::search
