#pragma once

#include "heddle/postgres/config.hpp"
#include "heddle/postgres/dialect.hpp"
#include "heddle/postgres/engine.hpp"
#include "heddle/postgres/search/search_query.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// The policy of the backend for many tenants: `Backend<Postgres>`.
struct Postgres {
  using Config = postgres::Config;
  using Engine = postgres::Engine;
  using Dialect = postgres::Dialect;

  static constexpr std::string_view name = "postgres";

  /// A user's words in the language of the database's full-text search.
  [[nodiscard]] static std::string search_query(const std::vector<std::string_view>& terms) {
    return postgres::search::search_query(terms);
  }
};

}  // namespace heddle
