#pragma once

#include "heddle/detail/extern_backend.hpp"
#include "heddle/sqlite.hpp"

#include <cstdint>

namespace support {

/// SQLite through the decorator policy of the examples. Its engine is named here and defined in the file that compiles
/// the backend, so that the programs of the tests compile neither.
struct DecoratedSqlite : heddle::Sqlite {
  class Engine;
  /// How many units of work have passed in the process.
  [[nodiscard]] static std::int64_t units_of_work();
};

}  // namespace support

HEDDLE_BACKEND_INSTANTIATION(extern template, support::DecoratedSqlite);
