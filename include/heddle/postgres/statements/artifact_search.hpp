// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/artifact_search.hpp"

namespace heddle::postgres {

/// The statement that searches artifacts. The function filters by the tenant; it returns the ids of a page of matches,
/// so no other artifact is read: postgres_search.md says why in these words.
struct ArtifactSearchStatements : sql::ArtifactSearchParts {
  SearchStatement search{select() + "found.score, found.more FROM heddle_find_artifacts(" + arguments() +
                         ") WITH ORDINALITY found (id, score, more, place) CROSS JOIN LATERAL (SELECT * FROM "
                         "artifacts WHERE user_id = ?1 AND id BETWEEN found.id AND found.id ORDER BY id OFFSET 0) a "
                         "ORDER BY found.place"};
};

}  // namespace heddle::postgres
