#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>

namespace heddle {

/// A migration that a database lacks.
struct PendingMigration {
  std::int32_t version = 0;
  std::string description{};
  std::string sql{};  ///< the SQL that `migrate()` would run

  friend bool operator==(const PendingMigration&, const PendingMigration&) = default;
};

/// A database's record of an applied migration.
struct AppliedMigration {
  std::int32_t version = 0;
  std::string name{};
  std::string checksum{};
  Timestamp applied_at{};

  friend bool operator==(const AppliedMigration&, const AppliedMigration&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::AppliedMigration, version, name, checksum, applied_at);
