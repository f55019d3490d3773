#pragma once

#include "heddle/postgres/config.hpp"
#include "heddle/postgres/dialect.hpp"
#include "heddle/sql/search_terms.hpp"

#include <string>
#include <string_view>

namespace heddle {
namespace postgres {

class Engine;

}  // namespace postgres

/// The policy of the backend for many tenants: `Backend<Postgres>`. This header declares its parts;
/// `postgres/policy.ipp` defines them. A policy that wraps this one includes that file.
struct Postgres {
  using Config = postgres::Config;
  using Engine = postgres::Engine;
  using Dialect = postgres::Dialect;
  using CheckedByTests = Postgres;  ///< see concepts::CheckedByTests

  static constexpr std::string_view name = "postgres";

  /// Returns the query for the full-text search of the database.
  [[nodiscard]] static std::string search_query(const sql::SearchTerms& terms);
};

}  // namespace heddle
