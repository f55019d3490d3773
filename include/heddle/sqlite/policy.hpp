#pragma once

#include "heddle/sql/migration_files.hpp"
#include "heddle/sql/search_query.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"
#include "heddle/sqlite/engine.hpp"
#include "heddle/sqlite/statements.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// The policy of the embedded backend: `Backend<Sqlite>`.
struct Sqlite {
  using Config = sqlite::Config;
  using Engine = sqlite::Engine;

  static constexpr std::string_view name = "sqlite";

  /// The SQL of the stores.
  [[nodiscard]] static const sqlite::Statements& statements() {
    static const sqlite::Statements all;
    return all;
  }

  /// The schema's steps that are compiled in.
  [[nodiscard]] static std::vector<Migration> migrations() { return sql::load_migrations(sqlite::embedded_migrations); }

  /// A user's words in the language of the database's full-text search.
  [[nodiscard]] static std::string search_query(const std::vector<std::string_view>& terms) {
    return sql::fts5_query(terms);
  }
};

}  // namespace heddle
