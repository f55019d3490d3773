// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/rebuilding.hpp"
#include "heddle/text/analysis.hpp"

#include <cstdint>

namespace heddle::sqlite::indexing {

/// Which versions of the analysis made the full-text indexes, and what is owed.
struct IndexState {
  int analysis = 0;           ///< of the words of messages; 0 if there is no index
  int artifacts = 0;          ///< no words of artifacts are of an earlier one
  std::int64_t erasure = 0;   ///< see the migration `erasure`
  bool has_former = false;    ///< a former index is left
  int next = 0;               ///< of the index that is made; 0 if none is
  std::int64_t position = 0;  ///< messages with keys up to this one are in it

  template <class Connection>
  static IndexState read(Connection& connection) {
    const connection::Running row(connection, sql::statements<RebuildingStatements>().state);
    if (!row->step()) { return {}; }
    const connection::Prepared& values = *row;
    const auto version = [&values](int column) { return static_cast<int>(values.integer(column)); };
    return {version(0), version(1), values.integer(2), values.integer(3) != 0, version(4), values.integer(5)};
  }

  /// False if a program of a later version fills the index: it has words that this one cannot make.
  [[nodiscard]] bool is_ours() const noexcept {
    return analysis != 0 && analysis <= text::own_analysis() && next <= text::own_analysis();
  }
  /// True if this program has to make an index anew.
  [[nodiscard]] bool is_outdated() const noexcept {
    return is_ours() && (analysis < text::own_analysis() || artifacts < text::own_analysis());
  }
  /// True if the index that is made has, or has to get, the message with this key.
  [[nodiscard]] bool is_in_next(std::int64_t key) const noexcept { return next != 0 && key <= position; }
};

}  // namespace heddle::sqlite::indexing
