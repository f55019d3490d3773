// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/hidden_by_import.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/same_row.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for artifacts.
template <class Sql>
struct ArtifactStatements {
  using Text = std::string_view;

  /// Members of an Artifact that a later write can change.
  using Changeable =
      Without<All<Artifact>, &Artifact::id, &Artifact::created_at, &Artifact::updated_at, &Artifact::last_accessed_at,
              &Artifact::access_count, &Artifact::deleted_at, &Artifact::revision, &Artifact::version>;
  /// Members that the first write stores: the revision begins by itself.
  using Stored = Without<All<Artifact>, &Artifact::revision, &Artifact::version>;
  /// Members of an ArtifactFilter that restrict a list only if they are set.
  using IfSet = Only<&ArtifactFilter::source, &ArtifactFilter::content_type, &ArtifactFilter::tags,
                     &ArtifactFilter::min_size_bytes, &ArtifactFilter::max_size_bytes>;

  /// Parameters: user, the artifact, its texts. Inserts the artifact; changes nothing if one that is the same is
  /// stored. Returns the revision; no row if another one has the id, or if it is deleted, or hidden with its session.
  Statement<std::int64_t, Text, Fields<Artifact, Stored>, SearchText> insert{
      "INSERT INTO artifacts (user_id, " + columns<Stored>() + Sql::search_columns() + ") VALUES (?1, " +
      placeholders<Stored>(2) + Sql::search_values(2 + width<Stored>()) +
      ") ON CONFLICT (user_id, id) DO UPDATE SET id = excluded.id WHERE " +
      same_as_excluded<Sql, Changeable>("artifacts") + " AND artifacts.deleted_at IS NULL" + Sql::visible("artifacts") +
      " RETURNING revision"};
  /// Parameters: user, id. No row if the artifact is deleted, or hidden with its session.
  Statement<std::int64_t, Text, Text> not_deleted{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM artifacts WHERE user_id = ?1 AND id = ?2 AND NOT (deleted_at IS NULL" +
      Sql::visible("artifacts") + "))"};
  /// Parameters: user, id. Locks the artifact to the end of the transaction; no row if it does not exist.
  Statement<std::int64_t, Text, Text> hold{"SELECT revision FROM artifacts WHERE " + one() + Sql::hold_row()};
  /// Parameters: user, id, the changeable members, revision. No row if the artifact exists with another revision; for
  /// revision 0, if it exists and is not the same.
  Statement<std::int64_t, Text, Text, Fields<Artifact, Changeable>, std::int64_t> is_unchanged{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM artifacts WHERE " + one() + " AND revision <> " + revision() +
      " AND NOT (" + revision() + " = 0 AND " + same_as_given<Sql, Changeable>(3) + "))"};
  /// Parameters: user, id, the changeable members, time of the update, its texts. The same members change nothing.
  Statement<NoRow, Text, Text, Fields<Artifact, Changeable>, Timestamp, SearchText> replace{
      "UPDATE artifacts SET (" + columns<Changeable>() + Sql::search_columns() + ", updated_at, revision) = (" +
      placeholders<Changeable>(3) + Sql::search_values(4 + width<Changeable>()) + ", CASE WHEN " +
      same_as_given<Sql, Changeable>(3) + " THEN updated_at ELSE " + placeholder(3 + width<Changeable>()) +
      " END, revision + CASE WHEN " + same_as_given<Sql, Changeable>(3) + " THEN 0 ELSE 1 END) WHERE " + one()};
  /// Parameters: user, id.
  Statement<Artifact, Text, Text> find{select() + "WHERE " + one()};
  /// Parameters: user, name, session or null. Returns the newest artifact.
  Statement<Artifact, Text, Text, std::optional<Text>> find_by_name{
      select() + "WHERE user_id = ?1 AND " + Sql::equal("name", "?2") + " AND " + Sql::same("session_id", "?3") +
      " AND deleted_at IS NULL" + Sql::visible("artifacts") + " ORDER BY created_at DESC, id DESC LIMIT 1"};

  /// Parameters: user, members of the filter, window. Newest first.
  Statement<Artifact, Text, Fields<ArtifactFilter, IfSet>, Fields<ArtifactRange>, Fields<TimeWindow>> list{
      select() + "WHERE user_id = ?1 AND " + narrowed() + newest_first()};
  /// The same parameters, and a session.
  Statement<Artifact, Text, Fields<ArtifactFilter, IfSet>, Fields<ArtifactRange>, Fields<TimeWindow>, Text>
      list_in_session{select() + "WHERE user_id = ?1 AND session_id = " +
                      placeholder(window_at() + width<TimeWindow>()) + " AND " + narrowed() + newest_first()};

  /// Parameters: user, id, time. The maximum count does not change.
  Statement<NoRow, Text, Text, Timestamp> record_access{
      "UPDATE artifacts SET access_count = access_count + "
      "CASE access_count WHEN 9223372036854775807 THEN 0 ELSE 1 END, last_accessed_at = " +
      Sql::greatest("coalesce(last_accessed_at, ?3)", "?3") + " WHERE " + one()};
  /// Parameters: user, id, time.
  Statement<NoRow, Text, Text, Timestamp> remove_softly{"UPDATE artifacts SET deleted_at = ?3 WHERE " + one()};
  /// Parameters: user, id. Returns the path of the artifact, unless another artifact has the same path.
  Statement<std::string, Text, Text> find_own_path{
      "SELECT path FROM artifacts a WHERE user_id = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM artifacts other "
      "WHERE other.user_id = a.user_id AND " +
      Sql::equal("other.path", "a.path") + " AND other.id <> a.id)" + Sql::visible("a")};
  /// Parameters: user, id.
  Statement<NoRow, Text, Text> remove{"DELETE FROM artifacts WHERE user_id = ?1 AND id = ?2" +
                                      Sql::visible("artifacts")};

  Statement<ArtifactStatistics, Text> statistics{
      "SELECT " +
      columns<ArtifactStatistics>(
          {},
          {computed<&ArtifactStatistics::files>("count(*) FILTER (WHERE deleted_at IS NULL)"),
           computed<&ArtifactStatistics::bytes>(Sql::sum("size_bytes", "deleted_at IS NULL")),
           computed<&ArtifactStatistics::user_files>("count(*) FILTER (WHERE deleted_at IS NULL AND source = 'user')"),
           computed<&ArtifactStatistics::generated_files>(
               "count(*) FILTER (WHERE deleted_at IS NULL AND source = 'generated')"),
           computed<&ArtifactStatistics::deleted_files>("count(*) FILTER (WHERE " + deleted() + ")")}) +
      " FROM artifacts WHERE user_id = ?1" + Sql::visible("artifacts")};

 private:
  /// The parameter behind the user, the id and the changeable members.
  static std::string revision() { return placeholder(3 + width<Changeable>()); }
  static std::string select() { return "SELECT " + columns<Artifact>() + " FROM artifacts "; }
  /// True for an artifact that was removed in soft mode, but not of an import or an erasure that has not ended.
  static std::string deleted() { return "deleted_at < " + std::to_string(hidden_by_import); }
  /// True for the artifact of a user with an id.
  static std::string one() { return "user_id = ?1 AND id = ?2 AND deleted_at IS NULL" + Sql::visible("artifacts"); }
  // The parameters of a list: user, IfSet, ArtifactRange, TimeWindow.
  template <auto Member>
  static std::string if_set() {
    return placeholder<IfSet, Member>(2);
  }
  template <auto Member>
  static std::string range() {
    return placeholder<ArtifactRange, Member>(2 + width<IfSet>());
  }
  static std::size_t window_at() { return 2 + width<IfSet>() + width<ArtifactRange>(); }
  /// True for a comparison with a member of the filter, or if the member is not set.
  template <auto Member>
  static std::string holds_if_set(const std::string& comparison) {
    return "(" + if_set<Member>() + " IS NULL OR " + comparison + " " + if_set<Member>() + ")";
  }
  static std::string narrowed() {
    return holds_if_set<&ArtifactFilter::source>("source =") + " AND " +
           holds_if_set<&ArtifactFilter::content_type>("content_type =") + " AND " +
           Sql::has_all("artifacts.tags", if_set<&ArtifactFilter::tags>()) + " AND " +
           holds_if_set<&ArtifactFilter::min_size_bytes>("size_bytes >=") + " AND " +
           holds_if_set<&ArtifactFilter::max_size_bytes>("size_bytes <=") +
           " AND created_at >= " + range<&ArtifactRange::created_from>() + " AND (deleted_at IS NULL OR " +
           range<&ArtifactRange::include_deleted>() + " AND " + deleted() + ") AND (created_at, id) < " +
           WindowSql(window_at()).start() + Sql::visible("artifacts");
  }
  static std::string newest_first() {
    return " ORDER BY created_at DESC, id DESC LIMIT " + WindowSql(window_at()).rows();
  }
};

}  // namespace heddle::sql
