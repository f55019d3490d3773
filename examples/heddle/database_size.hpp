#pragma once

#include "database.hpp"

#include <cstdint>
#include <optional>

namespace command {

/// How many connections a server has.
struct Connections {
  std::int64_t of_database = 0;  ///< to this database, of all programs, those of this one, too
  std::int64_t most = 0;         ///< that the server allows, to all of its databases
};

/// How many bytes a database occupies, and who uses it; what is not known is not set.
struct DatabaseSize {
  std::optional<std::int64_t> database{};    ///< of PostgreSQL the whole database, with what others have in it
  std::optional<std::int64_t> log{};         ///< the write-ahead log of SQLite
  std::optional<Connections> connections{};  ///< of PostgreSQL
};

/// Asks the file system, or the server. Never throws an error of the database: a size is not worth a failure.
[[nodiscard]] DatabaseSize size_of(const Database& database);

}  // namespace command
