// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <vector>

namespace heddle::sql {

/// The rows of a page, as many as the engine reads at once: it stops after the row with which their texts and blobs
/// have as many bytes as its configuration allows.
template <class Row>
struct RowList {
  std::vector<Row> rows{};
  bool cut = false;  ///< there are further rows, which were not read
};

}  // namespace heddle::sql
