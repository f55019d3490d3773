#pragma once

#include "heddle/limits.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace heddle {

/// The place of referenced data.
enum class DataLocation { memory, disk, database };

template <>
struct EnumNames<DataLocation> {
  static constexpr std::array<std::string_view, 3> values{"memory", "disk", "database"};
};

/// Refers to data that is too large for a message.
struct DataReference {
  std::string id{};
  std::int64_t size_bytes = 0;
  DataLocation location = DataLocation::memory;
  std::string checksum{};  ///< SHA-256, lower-case hexadecimal
  bool compressed = false;
  std::string content_type{};
  std::map<std::string, std::string> metadata{};
  Timestamp stored_at{};

  friend bool operator==(const DataReference&, const DataReference&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::DataReference, id, size_bytes, location, checksum, compressed, content_type, metadata,
                    stored_at);
HEDDLE_LIMIT_TEXTS(heddle::DataReference, heddle::limits::provider_id, id);
