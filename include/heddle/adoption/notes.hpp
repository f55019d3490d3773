// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/adoption.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace heddle::adoption {

/// Counts what is left out and what is changed, by table, column and reason.
class Notes {
 public:
  void leave_out(std::string_view table, std::string_view column, std::string_view what, std::int64_t rows = 1) {
    add(left_out_, table, column, what, rows);
  }
  void change(std::string_view table, std::string_view column, std::string_view what, std::int64_t rows = 1) {
    add(changed_, table, column, what, rows);
  }

  void move_to(AdoptionReport& report) const {
    report.left_out = list(left_out_);
    report.changed = list(changed_);
  }

 private:
  using Counts = std::map<std::tuple<std::string, std::string, std::string>, std::int64_t>;

  static void add(Counts& counts, std::string_view table, std::string_view column, std::string_view what,
                  std::int64_t rows) {
    if (rows == 0) { return; }
    counts[{std::string(table), std::string(column), std::string(what)}] += rows;
  }
  static std::vector<AdoptionNote> list(const Counts& counts) {
    std::vector<AdoptionNote> notes;
    notes.reserve(counts.size());
    for (const auto& [key, rows] : counts) {
      notes.push_back({std::get<0>(key), std::get<1>(key), rows, std::get<2>(key)});
    }
    return notes;
  }

  Counts left_out_{};
  Counts changed_{};
};

}  // namespace heddle::adoption
