// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace heddle::sql {

/// The columns of a stored result that a query needs.
struct StoredImage {
  std::vector<std::byte> image{};
  std::string checksum{};
  Timestamp accessed_at{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::StoredImage, image, checksum, accessed_at);
