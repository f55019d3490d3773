// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <sqlite3.h>

namespace heddle::detail::sqlite_c {

/// Returns the interface of a connection's full-text search, which lives as long as the connection. Throws
/// `failed_precondition` if the SQLite library has no FTS5.
[[nodiscard]] inline fts5_api& fts5_api_of(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* query = nullptr;
  // See https://www.sqlite.org/fts5.html, section 7.
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &query, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(query, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(query);
  }
  sqlite3_finalize(query);
  if (api == nullptr) {
    throw Error(ErrorCode::failed_precondition, "this SQLite library has no full-text search (FTS5)");
  }
  return *api;
}

}  // namespace heddle::detail::sqlite_c
