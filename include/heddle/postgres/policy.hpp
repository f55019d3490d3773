#pragma once

#include "heddle/postgres/config.hpp"
#include "heddle/postgres/dialect.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle {
namespace postgres {

class Engine;

}  // namespace postgres

/// The policy of the backend for many tenants: `Backend<Postgres>`. Its parts are named here and defined in
/// `postgres/policy.ipp`, which a policy of your own that wraps this one includes.
struct Postgres {
  using Config = postgres::Config;
  using Engine = postgres::Engine;
  using Dialect = postgres::Dialect;

  static constexpr std::string_view name = "postgres";

  /// Returns a user's words in the language of the database's full-text search.
  [[nodiscard]] static std::string search_query(const std::vector<std::string_view>& terms);
};

}  // namespace heddle
