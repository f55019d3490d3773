// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::search {

/// Returns the query of FTS5 that matches rows with all terms. Each term is quoted, so that nothing in it is an
/// operator. Precondition: no term contains a double quote. Without terms the query is an empty phrase, which matches
/// nothing.
[[nodiscard]] inline std::string fts5_query(const std::vector<std::string_view>& terms) {
  std::string query;
  for (const std::string_view term : terms) {
    if (!query.empty()) { query += ' '; }
    query.append("\"").append(term).append("\"");
  }
  return terms.empty() ? R"("")" : query;
}

}  // namespace heddle::sqlite::search
