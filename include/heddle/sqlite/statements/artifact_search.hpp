// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact_search.hpp"
#include "heddle/sql/statements/artifact_search.hpp"
#include "heddle/sqlite/statements/asked_terms.hpp"
#include "heddle/sqlite/statements/sql.hpp"

#include <string>
#include <string_view>

namespace heddle::sqlite {

/// The statement that searches artifacts. It first makes candidates: the newest matches, as many as are needed. For the
/// newest these are the page and those before it; for the best one more than are ranked, which tells whether there are
/// more. Other members are read of the page only: SQLite does not reorder CROSS JOIN, and an ORDER BY behind it would
/// keep the texts of all rows in memory.
struct ArtifactSearchStatements : sql::ArtifactSearchParts {
  // The rank is less for a better match.
  SearchStatement search{
      select() + "0.0 - found.score, found.has_more FROM (WITH " +
      asked_terms::with("", "own_analysis()", "artifact_words", "NOT " + newest()) + ", " +
      asked_terms::with(former, "(SELECT artifacts FROM search_state WHERE artifacts < own_analysis())",
                        "artifact_words", "NOT " + newest()) +
      ", candidates AS MATERIALIZED (" + matching("", ">=") + " UNION ALL " + matching(former, "<") +
      " ORDER BY created_at DESC, id DESC LIMIT CASE WHEN " + newest() + " THEN " + limit() + " + " + offset() +
      " ELSE " + candidates() + " + 1 END) SELECT c.number AS number, c.score AS score, NOT " + newest() +
      " AND (SELECT count(*) FROM candidates) > " + candidates() +
      " AS has_more FROM (SELECT * FROM candidates LIMIT CASE WHEN " + newest() + " THEN -1 ELSE " + candidates() +
      " END) c ORDER BY c.score, CASE WHEN " + newest() +
      " THEN NULL ELSE c.number END, c.created_at DESC, c.id DESC LIMIT " + limit() + " OFFSET " + offset() +
      ") found CROSS JOIN artifacts a ON a.number = found.number"};

 private:
  /// Some can still have words of a former analysis.
  static constexpr std::string_view former = "_of_former";

  /// SELECT: the artifacts whose words were made by the program's own analysis or a newer one, or before it, that
  /// match.
  static std::string matching(std::string_view asked, const std::string& compared) {
    return "SELECT m.number AS number, m.created_at AS created_at, m.id AS id, CASE WHEN " + newest() +
           " THEN 0.0 ELSE search_rank(artifact_words, " + asked_terms::weights(asked) +
           ") END AS score FROM artifact_words f CROSS JOIN artifacts m ON m.number = f.rowid WHERE artifact_words "
           "MATCH " +
           asked_terms::words(asked) + " AND f.analysis " + compared + " own_analysis() AND m.deleted_at IS NULL" +
           narrowed() + Sql::visible("m");
  }
  /// After a condition: the artifact `m` is one that is looked for.
  static std::string narrowed() {
    return holds<&ArtifactSearch::session_id>("m.session_id =") + holds<&ArtifactSearch::source>("m.source =") +
           holds<&ArtifactSearch::source_agent_id>("m.source_agent_id =") +
           holds<&ArtifactSearch::content_type>("m.content_type =") + holds<&ArtifactSearch::from>("m.created_at >=") +
           holds<&ArtifactSearch::before>("m.created_at <");
  }
  /// True for a comparison with a member of the search, or if the member is not set.
  template <auto Member>
  static std::string holds(const std::string& comparison) {
    return " AND (" + filter<Member>() + " IS NULL OR " + comparison + " " + filter<Member>() + ")";
  }
};

}  // namespace heddle::sqlite
