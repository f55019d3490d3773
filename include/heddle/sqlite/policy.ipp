#pragma once

/// The definition of the policy Sqlite and of the backend on it, for policies of your own.

#include "heddle/backend.ipp"
#include "heddle/sqlite/dialect.ipp"
#include "heddle/sqlite/engine.hpp"
#include "heddle/sqlite/indexing/search_parts.hpp"
#include "heddle/sqlite/policy.hpp"
#include "heddle/sqlite/search/quoted_terms.hpp"

namespace heddle {

inline std::string Sqlite::search_query(const sql::SearchTerms& terms) { return sqlite::search::quoted_terms(terms); }

}  // namespace heddle
