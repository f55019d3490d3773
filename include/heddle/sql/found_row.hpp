// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"

namespace heddle::sql {

/// A row of a search: the columns of what is found, how well it matches, and whether more matches were found than were
/// ranked.
template <class Record>
struct Found {
  Record row;
  double score = 0;
  bool has_more = false;

  template <class Source>
  [[nodiscard]] static Found read(const Source& source) {
    const int next = static_cast<int>(width<Record>());
    return {read_row<Record>(source), source.real(next), source.integer(next + 1) != 0};
  }
};

/// A row of a search for messages.
using FoundRow = Found<Message>;

}  // namespace heddle::sql
