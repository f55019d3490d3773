#pragma once

#include <string>

namespace support {

/// Returns a cursor of the same list with another position, as a caller could write it.
inline std::string with_position(const std::string& cursor, const std::string& position) {
  return cursor.substr(0, cursor.find('.') + 1) + position;
}

}  // namespace support
