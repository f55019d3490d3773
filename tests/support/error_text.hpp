#pragma once

#include "heddle/error.hpp"

#include <string_view>

namespace support {

/// Returns true if the message of `error` contains `words`.
inline bool says(const heddle::Error& error, std::string_view words) {
  return std::string_view(error.what()).find(words) != std::string_view::npos;
}

}  // namespace support
