#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite {

/// Artifacts in SQLite's SQL.
struct ArtifactStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;
  using Tags = std::vector<std::string>;
  using Map = std::map<std::string, std::string>;

  /// The first members of an Artifact, up to its checksum: what both `index` and `update` overwrite.
  static constexpr std::size_t described = 9;
  using Body = sql::Fields<Artifact, described>;

  /// user, the artifact: inserts it, or updates the one of this id unless that is deleted. Answers nothing then.
  Statement<std::int64_t, Text, sql::Fields<Artifact>> index{
      "INSERT INTO artifacts (user_id, " + sql::columns<Artifact>() + ") VALUES (?1, " +
      sql::placeholders(2, sql::width<Artifact>) + ") ON CONFLICT (user_id, id) DO UPDATE SET " +
      sql::assignments<Artifact>(1, described) +
      ", updated_at = excluded.updated_at, tags = excluded.tags, metadata = excluded.metadata, "
      "session_id = excluded.session_id WHERE deleted_at IS NULL RETURNING number"};
  /// user, the artifact, updated at, tags, metadata, session.
  Statement<sql::NoRow, Text, Body, Timestamp, Tags, Map, std::optional<Text>> update{
      "UPDATE artifacts SET (" + sql::columns<Artifact>({}, described) +
      ", updated_at, tags, metadata, session_id) = (" + sql::placeholders(2, described + 4) +
      ") WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// user, id.
  Statement<Artifact, Text, Text> find{select() + "WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// user, name, session or null: the newest.
  Statement<Artifact, Text, Text, std::optional<Text>> find_by_name{
      select() +
      "WHERE user_id = ?1 AND name = ?2 AND session_id IS ?3 AND deleted_at IS NULL "
      "ORDER BY created_at DESC, id DESC LIMIT 1"};

  /// user, source, content type, tags, least size, greatest size, created from, deleted ones too, before this time and
  /// id, limit: newest first.
  Statement<Artifact, Text, std::optional<ArtifactSource>, std::optional<Text>, Tags, std::optional<std::int64_t>,
            std::optional<std::int64_t>, Timestamp, bool, Timestamp, Text, std::int64_t>
      list{select() + "WHERE user_id = ?1 AND " + narrowed() + newest_first()};
  /// The same, and a session.
  Statement<Artifact, Text, std::optional<ArtifactSource>, std::optional<Text>, Tags, std::optional<std::int64_t>,
            std::optional<std::int64_t>, Timestamp, bool, Timestamp, Text, std::int64_t, Text>
      list_in_session{select() + "WHERE user_id = ?1 AND session_id = ?12 AND " + narrowed() + newest_first()};
  /// user, words, limit, offset: best match first. The best numbers first, their rows afterwards.
  Statement<Artifact, Text, Text, std::int64_t, std::int64_t> search{
      "SELECT " + sql::columns<Artifact>("a.") +
      " FROM (SELECT f.rowid AS number, search_rank(artifacts_search) AS score FROM artifacts_search f "
      "JOIN artifacts owned ON owned.number = f.rowid WHERE artifacts_search MATCH ?2 AND owned.user_id = ?1 "
      "AND owned.deleted_at IS NULL ORDER BY score, f.rowid LIMIT ?3 OFFSET ?4) found "
      "JOIN artifacts a ON a.number = found.number ORDER BY found.score, found.number"};

  /// user, id, time.
  Statement<sql::NoRow, Text, Text, Timestamp> record_access{
      "UPDATE artifacts SET access_count = access_count + 1, "
      "last_accessed_at = max(coalesce(last_accessed_at, ?3), ?3) "
      "WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// user, id, time.
  Statement<sql::NoRow, Text, Text, Timestamp> remove_softly{
      "UPDATE artifacts SET deleted_at = ?3 WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// user, id: the path of the artifact, unless another one has the same file.
  Statement<std::string, Text, Text> find_own_path{
      "SELECT path FROM artifacts a WHERE user_id = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM artifacts other "
      "WHERE other.user_id = a.user_id AND other.path = a.path AND other.id <> a.id)"};
  /// user, id.
  Statement<sql::NoRow, Text, Text> remove{"DELETE FROM artifacts WHERE user_id = ?1 AND id = ?2"};

  // total(): a sum of integers fails when it overflows.
  Statement<ArtifactStatistics, Text> statistics{
      "SELECT count(*) FILTER (WHERE deleted_at IS NULL), "
      "CAST(total(size_bytes) FILTER (WHERE deleted_at IS NULL) AS INTEGER), "
      "count(*) FILTER (WHERE deleted_at IS NULL AND source = 'user'), "
      "count(*) FILTER (WHERE deleted_at IS NULL AND source = 'generated'), "
      "count(*) FILTER (WHERE deleted_at IS NOT NULL) FROM artifacts WHERE user_id = ?1"};

 private:
  static std::string select() { return "SELECT " + sql::columns<Artifact>() + " FROM artifacts "; }
  static std::string narrowed() {
    return "(?2 IS NULL OR source = ?2) AND (?3 IS NULL OR content_type = ?3) "
           // No wanted tag that the artifact lacks; whole tags, byte for byte.
           "AND NOT EXISTS (SELECT 1 FROM json_each(?4) wanted "
           "WHERE wanted.value NOT IN (SELECT value FROM json_each(artifacts.tags))) "
           "AND (?5 IS NULL OR size_bytes >= ?5) AND (?6 IS NULL OR size_bytes <= ?6) "
           "AND created_at >= ?7 AND (?8 OR deleted_at IS NULL) AND (created_at, id) < (?9, ?10) ";
  }
  static std::string newest_first() { return "ORDER BY created_at DESC, id DESC LIMIT ?11"; }
};

}  // namespace heddle::sqlite
