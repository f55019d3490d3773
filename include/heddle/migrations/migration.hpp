#pragma once

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

}  // namespace heddle
