// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/same_row.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/artifacts.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sql {

/// The statements for the contents of artifacts; see the migration of their tables.
template <class Sql>
struct ContentStatements {
  using Text = std::string_view;
  using Bytes = std::span<const std::byte>;
  using Changeable = typename ArtifactStatements<Sql>::Changeable;
  using Stored = typename ArtifactStatements<Sql>::Stored;

  // Uploads. Their number is the second parameter.

  /// Parameters: user, number, now. No row while the tenant is being erased.
  Statement<std::int64_t, Text, std::int64_t, Timestamp> begin{
      "INSERT INTO content_uploads (user_id, number, touched_at) SELECT ?1, ?2, " + Sql::present("?3") +
      " WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE user_id = ?1) RETURNING 1"};
  /// Parameters: user, number, now. Locks the upload; no row if it is to be removed.
  Statement<std::int64_t, Text, std::int64_t, Timestamp> touch{
      "UPDATE content_uploads SET touched_at = " + Sql::present("?3") + " WHERE " + upload() +
      " AND touched_at > 0 RETURNING 1"};
  /// Parameters: user, number, position, bytes.
  Statement<NoRow, Text, std::int64_t, std::int64_t, Bytes> add_chunk{
      "INSERT INTO content_chunks (user_id, number, position, bytes) VALUES (?1, ?2, ?3, ?4)"};
  /// The same, if the content that this transaction stores has this number.
  Statement<NoRow, Text, std::int64_t, std::int64_t, Bytes> add_last_chunk{
      "INSERT INTO content_chunks (user_id, number, position, bytes) SELECT ?1, ?2, ?3, ?4 WHERE " + is_content()};
  /// Parameters: user, number. The upload has become a content.
  Statement<NoRow, Text, std::int64_t> complete{"DELETE FROM content_uploads WHERE " + upload() + " AND " +
                                                is_content()};
  /// Parameters: user, number. The upload is to be removed. Waits for a transaction that may complete it.
  Statement<NoRow, Text, std::int64_t> abandon{"UPDATE content_uploads SET touched_at = 0 WHERE " + upload()};
  /// Parameters: user, now, an earlier time. Those that no call has touched for longer than between these times are to
  /// be removed.
  Statement<NoRow, Text, Timestamp, Timestamp> abandon_old{
      "UPDATE content_uploads SET touched_at = 0 WHERE user_id = ?1 AND touched_at > 0 AND touched_at <= " +
      Sql::present("?2") + " - (?2 - ?3)"};
  /// Parameters: user, number, limit. The numbers of uploads to be removed that are greater, in order.
  Statement<std::int64_t, Text, std::int64_t, std::int64_t> abandoned{
      "SELECT number FROM content_uploads WHERE user_id = ?1 AND touched_at = 0 AND number > ?2 ORDER BY number "
      "LIMIT ?3"};
  /// Parameters: user, number, limit. Removes chunks of an upload that is to be removed.
  Statement<NoRow, Text, std::int64_t, std::int64_t> remove_chunks{
      "DELETE FROM content_chunks WHERE user_id = ?1 AND number = ?2 AND position IN (SELECT position FROM "
      "content_chunks WHERE user_id = ?1 AND number = ?2 ORDER BY position LIMIT ?3) AND EXISTS (SELECT 1 FROM "
      "content_uploads WHERE " +
      upload() + " AND touched_at = 0)"};
  /// Parameters: user, number. Removes an upload that is to be removed and has no chunks.
  Statement<NoRow, Text, std::int64_t> forget{
      "DELETE FROM content_uploads WHERE " + upload() +
      " AND touched_at = 0 AND NOT EXISTS (SELECT 1 FROM content_chunks WHERE user_id = ?1 AND number = ?2)"};
  /// Parameters: user, number. A row if it is the number of a content or of an upload.
  Statement<std::int64_t, Text, std::int64_t> is_known{
      "SELECT 1 WHERE " + is_content() + " OR EXISTS (SELECT 1 FROM content_uploads WHERE " + upload() + ")"};

  // For all tenants.

  /// Parameters: now, an earlier time, limit. Removes artifacts that have been soft-deleted for longer than between
  /// these times, first those deleted first.
  Statement<RemovedArtifact, Timestamp, Timestamp, std::int64_t> purge{
      "WITH expired AS MATERIALIZED (SELECT user_id, id FROM artifacts WHERE deleted_at <= " + Sql::present("?1") +
      " - (?1 - ?2) ORDER BY deleted_at LIMIT ?3" + Sql::hold_row() +
      ") DELETE FROM artifacts WHERE (user_id, id) IN (SELECT user_id, id FROM expired) RETURNING user_id, path"};
  /// Parameters: user, path. A row if an artifact has this path.
  Statement<std::int64_t, Text, Text> path_in_use{
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM artifacts WHERE user_id = ?1 AND " + Sql::equal("path", "?2") + ")"};
  /// Parameters: user, number, limit. The uploads of all tenants to be removed that come after this one, in order.
  Statement<OwnedNumber, Text, std::int64_t, std::int64_t> all_abandoned{
      "SELECT " + columns<OwnedNumber>() +
      " FROM content_uploads WHERE touched_at = 0 AND (user_id, number) > (?1, ?2) ORDER BY user_id, number LIMIT ?3"};

  // Contents and versions.

  /// Parameters: user, checksum, size, number, in the database. Locks the content of that checksum, or stores it.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, bool> keep{
      "INSERT INTO contents (user_id, checksum, size_bytes, number, in_database) VALUES (?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (user_id, checksum) DO UPDATE SET size_bytes = contents.size_bytes"};
  /// Parameters: user, checksum. The number of the content.
  Statement<std::int64_t, Text, Text> number_of{"SELECT number FROM contents WHERE user_id = ?1 AND checksum = ?2"};
  /// Parameters: user, the artifact, its texts. Inserts the artifact with its first version, or begins the next version
  /// of the artifact that has the id, whose description stays. Returns the version.
  Statement<std::int64_t, Text, Fields<Artifact, Stored>, SearchText> put{
      "INSERT INTO artifacts (user_id, " + columns<Stored>() + Sql::search_columns() + ", version) VALUES (?1, " +
      placeholders<Stored>(2) + Sql::search_values(2 + width<Stored>()) +
      ", 1) ON CONFLICT (user_id, id) DO UPDATE SET version = artifacts.version + 1, revision = artifacts.revision + "
      "1, " +
      assignments<Only<&Artifact::size_bytes, &Artifact::checksum, &Artifact::content_type, &Artifact::updated_at>>() +
      " RETURNING version"};
  /// Parameters: user, id, the changeable members, time of the update, its texts. Replaces the description and begins
  /// the next version. Returns the version.
  Statement<std::int64_t, Text, Text, Fields<Artifact, Changeable>, Timestamp, SearchText> replace{
      "UPDATE artifacts SET (" + columns<Changeable>() + Sql::search_columns() +
      ", updated_at, revision, version) = (" + placeholders<Changeable>(3) +
      Sql::search_values(4 + width<Changeable>()) + ", " + placeholder(3 + width<Changeable>()) +
      ", revision + 1, version + 1) WHERE " + one() + " RETURNING version"};
  /// Parameters: user, id, an earlier version, now. Begins the next version, with the content of the earlier one.
  /// Returns the version; no row if the artifact or the version does not exist.
  Statement<std::int64_t, Text, Text, std::int64_t, Timestamp> restore{
      "UPDATE artifacts SET size_bytes = (SELECT size_bytes" + earlier() + "), checksum = (SELECT checksum" +
      earlier() + "), content_type = (SELECT content_type" + earlier() +
      "), updated_at = ?4, revision = revision + 1, version = version + 1 WHERE " + one() + " AND EXISTS (SELECT 1" +
      earlier() + ") RETURNING version"};
  /// Parameters: user, id, time. Stores the version that has begun.
  Statement<NoRow, Text, Text, Timestamp> add_version{
      "INSERT INTO artifact_versions (user_id, " + columns<ArtifactVersion>() +
      ") SELECT user_id, id, version, size_bytes, checksum, content_type, ?3 FROM artifacts "
      "WHERE user_id = ?1 AND id = ?2"};
  /// Parameters: user, id, version; 0: the last one. What to read; no row if the artifact does not exist. Without such
  /// a version the version of the row is 0.
  Statement<StoredVersion, Text, Text, std::int64_t> find{
      "SELECT a.id, coalesce(v.version, 0), coalesce(v.size_bytes, a.size_bytes), coalesce(v.checksum, a.checksum), "
      "coalesce(v.content_type, a.content_type), coalesce(v.created_at, a.created_at), a.version, coalesce(c.number, "
      "0), coalesce(c.in_database, false), a.path FROM artifacts a LEFT JOIN artifact_versions v ON v.user_id = "
      "a.user_id AND v.artifact_id = a.id AND "
      "v.version = CASE ?3 WHEN 0 THEN a.version ELSE ?3 END LEFT JOIN contents c ON c.user_id = v.user_id AND "
      "c.checksum = v.checksum WHERE a.user_id = ?1 AND a.id = ?2 AND a.deleted_at IS NULL" +
      Sql::visible("a")};
  /// Parameters: user, id, before this version, limit. Newest first.
  Statement<ArtifactVersion, Text, Text, std::int64_t, std::int64_t> list{
      "SELECT " + columns<ArtifactVersion>("v.") +
      " FROM artifact_versions v WHERE v.user_id = ?1 AND v.artifact_id = ?2 AND v.version < ?3 AND EXISTS (SELECT 1 "
      "FROM artifacts WHERE " +
      one() + ") ORDER BY v.version DESC LIMIT ?4"};
  /// Parameters: user, number, position.
  Statement<std::vector<std::byte>, Text, std::int64_t, std::int64_t> chunk{
      "SELECT bytes FROM content_chunks WHERE user_id = ?1 AND number = ?2 AND position = ?3"};
  /// Parameters: user, number. A row if there is such a content.
  Statement<std::int64_t, Text, std::int64_t> exists{"SELECT 1 WHERE " + is_content()};

  // The quota.

  /// Parameters: user.
  Statement<ContentUsage, Text> usage{"SELECT " + columns<ContentUsage>() + " FROM content_usage WHERE user_id = ?1"};
  /// Parameters: user, bytes or null.
  Statement<NoRow, Text, std::optional<std::int64_t>> set_quota{
      "INSERT INTO content_usage (user_id, stored_bytes, quota_bytes) VALUES (?1, 0, ?2) "
      "ON CONFLICT (user_id) DO UPDATE SET quota_bytes = excluded.quota_bytes"};
  /// Parameters: user, number, default quota or null. No row if the tenant has more bytes than it may have, and the
  /// content with this number is new.
  Statement<std::int64_t, Text, std::int64_t, std::optional<std::int64_t>> within_quota{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM contents WHERE user_id = ?1 AND number = ?2) OR NOT EXISTS (SELECT 1 "
      "FROM content_usage WHERE user_id = ?1 AND stored_bytes > coalesce(quota_bytes, ?3))"};

 private:
  static std::string upload() { return "user_id = ?1 AND number = ?2"; }
  static std::string is_content() { return "EXISTS (SELECT 1 FROM contents WHERE user_id = ?1 AND number = ?2)"; }
  /// True for the artifact of a user with an id.
  static std::string one() { return "user_id = ?1 AND id = ?2 AND deleted_at IS NULL" + Sql::visible("artifacts"); }
  static std::string earlier() {
    return " FROM artifact_versions WHERE user_id = ?1 AND artifact_id = ?2 AND version = ?3";
  }
};

}  // namespace heddle::sql
