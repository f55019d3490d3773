#pragma once

#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle {

/// A migration that is compiled into the program. The checksum is the SHA-256 of `up`.
struct EmbeddedMigration {
  std::int32_t version;
  std::string_view name;
  std::string_view up;
  std::string_view down;
  std::string_view checksum;
};

/// One step of the schema, with the SQL that applies it and the SQL that reverts it.
struct Migration {
  std::int32_t version = 0;
  std::string name{};
  std::string up{};
  std::string down{};
  std::string checksum{};
};

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
