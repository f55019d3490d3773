// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::search {

/// The query in the language of SQLite's FTS5: every term quoted, so that nothing in it is an operator, and all of them
/// required. A term cannot contain a quote. Without terms it is an empty phrase, which matches nothing.
[[nodiscard]] inline std::string fts5_query(const std::vector<std::string_view>& terms) {
  std::string query;
  for (const std::string_view term : terms) {
    if (!query.empty()) { query += ' '; }
    query.append("\"").append(term).append("\"");
  }
  return terms.empty() ? R"("")" : query;
}

}  // namespace heddle::sqlite::search
