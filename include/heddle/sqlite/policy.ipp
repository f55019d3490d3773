#pragma once

/// The definition of the policy Sqlite and of the backend on it, for policies of your own.

#include "heddle/backend.ipp"
#include "heddle/sqlite/dialect.ipp"
#include "heddle/sqlite/engine.hpp"
#include "heddle/sqlite/indexing/search_parts.hpp"
#include "heddle/sqlite/policy.hpp"
#include "heddle/sqlite/search/fts5_query.hpp"

namespace heddle {

inline std::string Sqlite::search_query(const std::vector<std::string_view>& terms) {
  return sqlite::search::fts5_query(terms);
}

}  // namespace heddle
