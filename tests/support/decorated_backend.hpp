#pragma once

#include "heddle/detail/extern_backend.hpp"
#include "heddle/sqlite.hpp"

#include <cstdint>

namespace support {

/// SQLite with the decorator policy of the examples. Its engine is declared here and defined in the file that compiles
/// the backend, so that test programs compile neither.
struct DecoratedSqlite : heddle::Sqlite {
  class Engine;
  /// Returns the number of units of work in this process.
  [[nodiscard]] static std::int64_t units_of_work();
};

}  // namespace support

HEDDLE_BACKEND_INSTANTIATION(extern template, support::DecoratedSqlite);
