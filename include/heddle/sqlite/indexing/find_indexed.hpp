// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/search/index_terms.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::sqlite::indexing {

/// A row that a turn puts into an index or takes out of it.
struct IndexEntry {
  std::int64_t key = 0;
  std::int64_t tenant = 0;
  std::string user;
  bool is_indexed = false;  ///< only of those to be removed
  bool is_in_next = false;  ///< the same for the index that is made anew
  bool is_queued = false;   ///< only of those that are put into that
};

/// Sets a flag of the entries, which are in the order of their keys, that an index has. What it has not must not be
/// removed from it: FTS5 would count one row less, and fail at 0. Other programs can insert messages without queueing
/// them. A query costs as much as some thousand rows that it reads, so one looks for all that are near one another.
template <class Connection>
void find_indexed(Connection& connection, const sql::StatementText& statement, std::vector<IndexEntry>& entries,
                  bool IndexEntry::*flag) {
  constexpr std::int64_t widest_gap = 1000;
  std::string end;
  for (auto first = entries.begin(); first != entries.end();) {
    auto last = first;
    auto next = first + 1;
    while (next != entries.end() && next->tenant == first->tenant && next->key - last->key <= widest_gap) {
      last = next++;
    }
    end = '"';
    search::IndexTerms(first->tenant).append_end(end);
    end += '"';
    const connection::Running query(connection, statement);
    query->text(end);
    query->integer(first->key);
    query->integer(last->key);
    while (query->step()) {
      const std::int64_t key = std::as_const(*query).integer(0);
      while (first != next && first->key < key) { ++first; }
      if (first != next && first->key == key) { (*first).*flag = true; }
    }
    first = next;
  }
}

}  // namespace heddle::sqlite::indexing
