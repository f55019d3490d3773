// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/fts5_api.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/search/word_functions.hpp"

#include <sqlite3.h>

namespace heddle::sqlite::search {

/// Adds the function `search_rank` to the full-text search of a connection. Throws `failed_precondition` if the SQLite
/// library does not support that.
inline void add_search_rank(sqlite3* connection) {
  fts5_api& api = detail::sqlite_c::fts5_api_of(connection);
  const auto call = [](const Fts5ExtensionApi* extension, Fts5Context* row, sqlite3_context* result, int count,
                       sqlite3_value** arguments) {
    const WordFunctions* const functions = functions_of_program(result);
    if (functions != nullptr) { functions->search_rank(extension, row, result, count, arguments); }
  };
  if (api.xCreateFunction(&api, "search_rank", nullptr, call, nullptr) != SQLITE_OK) {
    throw Error(ErrorCode::failed_precondition, "this SQLite library does not accept ranking functions");
  }
}

}  // namespace heddle::sqlite::search
