// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/record.hpp"

#include <cstdint>
#include <vector>

namespace heddle::sql {

/// The rows of a page, as many as the engine reads at once: it stops after the row with which their texts and blobs
/// have as many bytes as its configuration allows.
template <class Row>
struct RowList {
  std::vector<Row> rows{};
  bool cut = false;  ///< there are further rows, which were not read

  /// Appends the present row of a source.
  template <class Source>
  void read(const Source& source) {
    read_row_into(rows.emplace_back(), source);
  }
};

/// The keys apart from the rows, so that these become a page as they are.
template <class Row>
struct RowList<Keyed<Row>> {
  std::vector<Row> rows{};
  std::vector<std::int64_t> keys{};
  bool cut = false;

  template <class Source>
  void read(const Source& source) {
    read_row_into(rows.emplace_back(), source);
    keys.push_back(source.integer(static_cast<int>(width<Row>())));
  }
};

}  // namespace heddle::sql
