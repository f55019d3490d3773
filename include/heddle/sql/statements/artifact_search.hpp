// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_search.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/found_row.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// What the statements of all databases have that search artifacts.
struct ArtifactSearchParts {
  /// Members of an ArtifactSearch that restrict it only if they are set.
  using Filter = Only<&ArtifactSearch::session_id, &ArtifactSearch::source, &ArtifactSearch::source_agent_id,
                      &ArtifactSearch::content_type, &ArtifactSearch::from, &ArtifactSearch::before>;

  /// Parameters: user, words, filter, whether the newest come first, whether one term is enough, number of matches to
  /// rank, limit, offset.
  using SearchStatement = Statement<Found<Artifact>, std::string_view, std::string_view, Fields<ArtifactSearch, Filter>,
                                    bool, bool, std::int64_t, std::int64_t, std::int64_t>;

 protected:
  /// Behind it come the expressions for score and whether there are more matches.
  static std::string select() { return "SELECT " + columns<Artifact>("a.") + ", "; }
  template <auto Member>
  static std::string filter() {
    return placeholder<Filter, Member>(first_of_filter);
  }
  static std::string newest() { return behind_filter(0); }
  static std::string candidates() { return behind_filter(2); }
  static std::string limit() { return behind_filter(3); }
  static std::string offset() { return behind_filter(4); }
  /// All parameters but the user, in order.
  static std::string arguments() { return placeholders(2, width<Filter>() + 6); }

 private:
  static constexpr std::size_t first_of_filter = 3;
  static std::string behind_filter(std::size_t number) {
    return placeholder(first_of_filter + width<Filter>() + number);
  }
};

}  // namespace heddle::sql
