#pragma once

#include "heddle/erasure/tables.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace support {

/// Returns whether an erasure knows the table, or lists it as one that it does not touch; the tables of FTS5 are named
/// after theirs.
[[nodiscard]] inline bool is_known_to_erasures(const std::string& table) {
  using namespace heddle::erasure;
  const auto is_in = [&table](const auto& tables) {
    return std::find(tables.begin(), tables.end(), table) != tables.end();
  };
  const auto is_of = [&table](std::string_view name) {
    return table == name || (table.starts_with(name) && table[name.size()] == '_');
  };
  return is_in(named_tables) || is_in(keyed_tables) || is_in(index_tables) || is_in(exceptions) ||
         std::any_of(index_words.begin(), index_words.end(), is_of);
}

}  // namespace support
