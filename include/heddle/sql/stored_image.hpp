// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace heddle::sql {

/// What a query needs of a stored result.
struct StoredImage {
  std::vector<std::byte> image{};
  std::string checksum{};
  Timestamp accessed_at{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::StoredImage, image, checksum, accessed_at);
