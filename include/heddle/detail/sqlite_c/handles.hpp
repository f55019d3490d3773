// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <sqlite3.h>

#include <concepts>
#include <memory>
#include <string>

/// Handles of SQLite's C API that close themselves, for code that SQLiteCpp does not serve.
namespace heddle::detail::sqlite_c {

struct CloseConnection {
  void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// Opens an empty in-memory database for one thread. A template only so that files that do not call it do not compile
/// it.
template <std::same_as<sqlite3> Handle = sqlite3>
[[nodiscard]] Connection open_in_memory() {
  Handle* raw = nullptr;
  const int status =
      sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (status != SQLITE_OK) {
    const auto code = status == SQLITE_NOMEM ? ErrorCode::resource_exhausted : ErrorCode::internal;
    throw Error(code, "SQLite could not open an in-memory database", std::to_string(status));
  }
  sqlite3_extended_result_codes(raw, 1);
  return connection;
}

}  // namespace heddle::detail::sqlite_c
