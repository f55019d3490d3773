#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_version.hpp"
#include "snapshots/inputs.hpp"
#include "snapshots/snapshot.hpp"
#include "snapshots/stored.hpp"
#include "snapshots/writes.hpp"

#include <string>

/// The writes and rows of contents of artifacts; see inputs.hpp.
namespace snapshots {

/// Puts contents and restores a version. A second run changes nothing.
template <class Backend>
void write_contents(Backend& backend) {
  using namespace inputs;
  backend.session_storage().ensure_session(tenant, named_session("session"));
  auto& artifacts = backend.artifact_store();
  const auto put_key = [](const std::string& text) { return PutOptions{.idempotency_key = text}; };
  Artifact first = artifact("content", ArtifactSource::generated);
  first.path = "";
  first.size_bytes = 0;
  first.checksum = "";
  artifacts.put(tenant, first, "first", put_key("put_artifact"));
  artifacts.put(tenant, {.id = "content", .name = "named.txt", .content_type = "text/plain"}, "second",
                put_key("put_artifact, again"));
  artifacts.put(tenant, {}, "first", put_key("put_artifact, defaults"));
  PutOptions declared = put_key("put_artifact, declared");
  declared.size_bytes = 0;
  declared.checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  artifacts.put(tenant, {.id = "empty"}, "", declared);
  artifacts.restore_version(tenant, "content", 1, key("restore_artifact_version"));
}

/// Returns what the writes of `write_contents` stored, with the keys.
template <class RowsOf>
std::string stored_contents(RowsOf&& rows_of) {
  Paragraphs paragraphs;
  const auto add = [&](const std::string& table, const std::string& sql) {
    for (const Row& row : rows_of(sql)) { paragraphs.add(table, lines_of(row)); }
  };
  add("artifacts",
      "SELECT user_id, id, name, path, source, source_agent_id, purpose, content_type, size_bytes, checksum, tags, "
      "metadata, session_id, version FROM artifacts WHERE id IN ('content', 'empty') ORDER BY id");
  add("artifact_versions",
      "SELECT user_id, artifact_id, version, checksum, size_bytes, content_type FROM artifact_versions "
      "WHERE artifact_id IN ('content', 'empty') ORDER BY artifact_id, version");
  add("contents",
      "SELECT user_id, checksum, size_bytes, CAST(in_database AS integer) AS in_database FROM contents "
      "ORDER BY checksum");
  add("content_chunks",
      "SELECT c.checksum, k.position, length(k.bytes) AS bytes FROM content_chunks k JOIN contents c "
      "ON c.user_id = k.user_id AND c.number = k.number ORDER BY c.checksum, k.position");
  add("content_usage", "SELECT user_id, stored_bytes, quota_bytes FROM content_usage");
  return stored_keys(rows_of) + "\n" + paragraphs.text();
}

}  // namespace snapshots
