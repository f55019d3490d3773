// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

#include <cstdint>

namespace heddle::sqlite {

/// Whether the migration was made that the statements below need, and whether anything is owed then.
inline constexpr const char* knows_erasure =
    "SELECT count(*) FROM pragma_table_info('search_state') WHERE name = 'erasure'";
inline constexpr const char* owes_erasure =
    "SELECT EXISTS (SELECT 1 FROM search_state WHERE erasure <> 0 OR former <> 0)";
/// Whether a former index is left that can have erased words.
inline constexpr const char* has_former = "SELECT EXISTS (SELECT 1 FROM search_state WHERE former <> 0)";
/// Whether a merge is under way.
inline constexpr const char* is_merging = "SELECT EXISTS (SELECT 1 FROM search_state WHERE erasure IN (1, 3))";
/// A merge that is under way goes on; see `indexing::Erasing`.
inline constexpr const char* owe_erasure =
    "UPDATE search_state SET erasure = CASE WHEN erasure IN (1, 3) THEN 3 ELSE 2 END";
/// The earliest version of the analysis by which words were made; 0 if there are none.
inline constexpr const char* made_by = "SELECT coalesce(min(analysis, artifacts), 0) FROM search_state";

/// The statements that make erased words leave the full-text indexes; the table is described in the migrations `search`
/// and `erasure`. A template only so that files that erase nothing do not compile it.
template <class Unused = void>
struct ErasureStatements {
  /// A merge of all segments has to begin.
  sql::Statement<sql::NoRow> owe{owe_erasure};
  /// Parameter: the state.
  sql::Statement<sql::NoRow, std::int64_t> set{"UPDATE search_state SET erasure = ?1"};
  sql::Statement<sql::NoRow> settle{"UPDATE search_state SET rewrite = 0, scrubs = scrubs + 1"};
  sql::Statement<sql::NoRow> merge_artifacts{"INSERT INTO artifact_words (artifact_words) VALUES ('optimize')"};
  /// FTS5 begins a merge of all segments, or goes on with it, by so many pages.
  sql::Statement<sql::NoRow> begin_merge{"INSERT INTO message_words (message_words, rank) VALUES ('merge', -64)"};
  sql::Statement<sql::NoRow> merge{"INSERT INTO message_words (message_words, rank) VALUES ('merge', 64)"};
  /// Messages that are in the index that is made anew, and all messages; no row if none is made.
  sql::StatementText progress{"SELECT done, max(done, total) FROM search_rebuild"};
};

}  // namespace heddle::sqlite
