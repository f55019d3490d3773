// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact_version.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>

namespace heddle::sql {

/// A version of an artifact, and where its content lies.
struct StoredVersion {
  std::string artifact_id{};
  std::int64_t version = 0;  ///< 0: there is no such version
  std::int64_t size_bytes = 0;
  std::string checksum{};
  std::string content_type{};
  Timestamp created_at{};
  std::int64_t last_version = 0;  ///< of the artifact
  std::int64_t number = 0;        ///< of the content
  bool in_database = false;
  std::string path{};  ///< of the artifact
};

/// Returns the version of a row.
[[nodiscard]] ArtifactVersion version_of(const std::same_as<StoredVersion> auto& row) {
  return {row.artifact_id, row.version, row.size_bytes, row.checksum, row.content_type, row.created_at};
}

/// An artifact that was removed, and the path of its file.
struct RemovedArtifact {
  std::string user_id{};
  std::string path{};
};

/// The number of an upload, and its tenant.
struct OwnedNumber {
  std::string user_id{};
  std::int64_t number = 0;
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::StoredVersion, artifact_id, version, size_bytes, checksum, content_type, created_at,
                    last_version, number, in_database, path);
HEDDLE_ADAPT_STRUCT(heddle::sql::RemovedArtifact, user_id, path);
HEDDLE_ADAPT_STRUCT(heddle::sql::OwnedNumber, user_id, number);
