#pragma once

#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/dialect.hpp"
#include "heddle/sqlite/engine.hpp"
#include "heddle/sqlite/search/fts5_query.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// The policy of the embedded backend: `Backend<Sqlite>`.
struct Sqlite {
  using Config = sqlite::Config;
  using Engine = sqlite::Engine;
  using Dialect = sqlite::Dialect;

  static constexpr std::string_view name = "sqlite";

  /// A user's words in the language of the database's full-text search.
  [[nodiscard]] static std::string search_query(const std::vector<std::string_view>& terms) {
    return sqlite::search::fts5_query(terms);
  }
};

}  // namespace heddle
