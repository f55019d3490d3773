#pragma once

#include "json_line.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace command {

/// How many records there are of each type, or rows in each table.
using Counts = std::map<std::string, std::int64_t>;

inline void add_counts(JsonLine& json, const Counts& counts) {
  json.begin_object("counts");
  for (const auto& [name, count] : counts) { json.add(name, count); }
  json.end_object();
}

/// Returns a line for each, without those of which there are none.
[[nodiscard]] inline std::string counts_text(const Counts& counts) {
  std::size_t widest = 0;
  for (const auto& [name, count] : counts) { widest = std::max(widest, with_commas(count).size()); }
  std::string text;
  for (const auto& [name, count] : counts) {
    if (count == 0) { continue; }
    const std::string number = with_commas(count);
    text += "  " + std::string(widest - number.size(), ' ') + number + "  " + name + "\n";
  }
  return text;
}

}  // namespace command
