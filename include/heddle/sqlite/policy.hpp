#pragma once

#include "heddle/sql/search_terms.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/dialect.hpp"

#include <string>
#include <string_view>

namespace heddle {
namespace sqlite {

template <class Settings>
class BasicEngine;
using Engine = BasicEngine<Config>;

namespace connection {
class Connection;
}
namespace indexing {
template <class Connection>
class SearchParts;
}

}  // namespace sqlite

/// The policy of the embedded backend: `Backend<Sqlite>`. Its parts are named here and defined in `sqlite/policy.ipp`,
/// which a policy of your own that wraps this one includes.
struct Sqlite {
  using Config = sqlite::Config;
  using Engine = sqlite::Engine;
  using Dialect = sqlite::Dialect;
  using SearchParts = sqlite::indexing::SearchParts<sqlite::connection::Connection>;  ///< compiled on demand
  using CheckedByTests = Sqlite;                                                      ///< see concepts::CheckedByTests

  static constexpr std::string_view name = "sqlite";
  /// The database can be copied while it is in use.
  static constexpr bool copies_database = true;
  /// What is erased can be made to leave the file.
  static constexpr bool erases_from_files = true;
  /// Unused space of the file can be given back.
  static constexpr bool gives_space_back = true;
  /// The full-text index is made anew when a version with another analysis made it.
  static constexpr bool rebuilds_index = true;

  /// Returns a user's words in the language of the database's full-text search.
  [[nodiscard]] static std::string search_query(const sql::SearchTerms& terms);
};

}  // namespace heddle
