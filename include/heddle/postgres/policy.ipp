#pragma once

/// The definition of the policy Postgres and of the backend on it, for policies of your own.

#include "heddle/backend.ipp"
#include "heddle/postgres/dialect.ipp"
#include "heddle/postgres/engine.hpp"
#include "heddle/postgres/policy.hpp"
#include "heddle/postgres/search/search_query.hpp"
#include "heddle/stores/detail/reindex_timer.hpp"

namespace heddle {

inline std::string Postgres::search_query(const sql::SearchTerms& terms) {
  return postgres::search::search_query(terms);
}

}  // namespace heddle
