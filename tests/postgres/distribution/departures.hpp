#pragma once

#include "support/document.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// What leaves the road from one server to many, divided by tenants: found by the tests of this folder, and listed with
/// its remedy in include/heddle/doc/beyond_one_machine.md.
namespace distribution {

using Names = std::set<std::string>;
/// Names of tables, keys, triggers, functions and statements, by what is wrong with them.
using Departures = std::map<std::string, Names>;

/// Returns the words in backticks.
inline Names names_in(const std::string& text) {
  Names names;
  for (std::size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at + 1)) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) { break; }
    names.insert(text.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

/// Returns what the document lists: the rows of its table under "What would break", each with a kind, names and a
/// remedy.
inline Departures listed() {
  std::ifstream file(support::project_folder() / "include/heddle/doc/beyond_one_machine.md");
  Departures all;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) { inside = line == "## What would break"; }
    if (!inside || !line.starts_with("| ") || line.starts_with("| what ") || line.starts_with("| --- ")) { continue; }
    std::vector<std::string> cells;
    std::istringstream row(line.substr(2));
    for (std::string cell; std::getline(row, cell, '|');) { cells.push_back(cell); }
    if (cells.size() < 3 || cells[2].size() < 10) { throw std::runtime_error("no remedy: " + line); }
    const std::string kind = cells[0].substr(0, cells[0].find_last_not_of(' ') + 1);
    all[kind].merge(names_in(cells[1]));
  }
  if (all.empty()) { throw std::runtime_error("beyond_one_machine.md lists nothing under \"What would break\""); }
  return all;
}

/// Checks that the document lists of each of these kinds exactly what was found.
inline void check_listed(const std::vector<std::string>& kinds, Departures found) {
  Departures known = listed();
  for (const std::string& kind : kinds) {
    for (const std::string& name : found[kind]) {
      CHECK_MESSAGE(known[kind].count(name) == 1, name, " leaves the road to several machines (", kind,
                    "): name the tenant, or list it with a remedy in include/heddle/doc/beyond_one_machine.md");
    }
    for (const std::string& name : known[kind]) {
      CHECK_MESSAGE(found[kind].count(name) == 1, name, " is listed in beyond_one_machine.md (", kind,
                    "), but does not leave the road any more");
    }
    found.erase(kind);
  }
  for (const auto& rest : found) { CHECK_MESSAGE(rest.second.empty(), "a kind that no document lists: ", rest.first); }
}

}  // namespace distribution
