// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"

namespace heddle::sql {

/// A row of a search: the columns of the message, how well it matches, and whether more messages match than were
/// ranked.
struct FoundRow {
  Message row;
  double score = 0;
  bool has_more = false;

  template <class Source>
  [[nodiscard]] static FoundRow read(const Source& source) {
    const int next = static_cast<int>(width<Message>());
    return {read_row<Message>(source), source.real(next), source.integer(next + 1) != 0};
  }
};

}  // namespace heddle::sql
