#pragma once

#include "heddle/limits.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// The origin of an artifact.
enum class ArtifactSource { user, generated, agent };

template <>
struct EnumNames<ArtifactSource> {
  static constexpr std::array<std::string_view, 3> values{"user", "generated", "agent"};
};

/// The description of a file that a user provided or an agent created. Its content is what was put under its id, or the
/// file at its path.
struct Artifact {
  std::string id{};  ///< empty: a UUID (version 4) is generated
  std::string name{};
  std::string path{};
  ArtifactSource source = ArtifactSource::user;
  std::string source_agent_id{};
  std::string purpose{};
  std::string content_type{};
  std::int64_t size_bytes = 0;
  std::string checksum{};  ///< SHA-256, lower-case hexadecimal
  Timestamp created_at{};  ///< not set: the time of the call
  Timestamp updated_at{};  ///< the time of the last write; ignored in a write
  std::optional<Timestamp> last_accessed_at{};
  std::int64_t access_count = 0;
  std::vector<std::string> tags{};
  std::map<std::string, std::string> metadata{};
  std::optional<Timestamp> deleted_at{};  ///< set: the artifact is soft-deleted
  std::optional<std::string> session_id{};
  /// Counts the changes of what `index` writes, from 1; not accesses. Filled in when read; 0: not loaded. A write
  /// demands that the stored artifact still has it.
  std::int64_t revision = 0;
  /// The last version of its content, from 1; 0: `path` leads to a file that is not Heddle's. Filled in when read;
  /// ignored in a write.
  std::int64_t version = 0;

  friend bool operator==(const Artifact&, const Artifact&) = default;
};

/// Changes of an artifact, by name. Members that are not set change nothing.
struct ArtifactPatch {
  std::optional<std::string> name{};
  std::optional<std::string> path{};
  std::optional<ArtifactSource> source{};
  std::optional<std::string> source_agent_id{};
  std::optional<std::string> purpose{};
  std::optional<std::string> content_type{};
  std::optional<std::int64_t> size_bytes{};
  std::optional<std::string> checksum{};
  std::optional<std::string> session_id{};        ///< empty: the artifact belongs to no session afterwards
  std::vector<std::string> add_tags{};            ///< a tag that the artifact has already is not added twice
  std::vector<std::string> remove_tags{};         ///< before others are added
  std::map<std::string, std::string> metadata{};  ///< entries to add or to replace
  std::vector<std::string> remove_metadata{};     ///< keys of entries to remove, before others are added
  /// Not 0: the update throws `conflict` if the artifact has another revision.
  std::int64_t revision = 0;
};

/// Selects artifacts for a list. Members that are not set do not restrict it.
struct ArtifactFilter {
  std::optional<ArtifactSource> source{};
  std::optional<std::string> content_type{};
  std::vector<std::string> tags{};  ///< artifacts that have all of these
  std::optional<std::int64_t> min_size_bytes{};
  std::optional<std::int64_t> max_size_bytes{};  ///< inclusive
  std::optional<Timestamp> created_from{};       ///< inclusive
  std::optional<Timestamp> created_until{};      ///< exclusive
  std::optional<std::string> session_id{};
  bool include_deleted = false;
};

/// The folders for new files in the backend's artifact directory.
enum class ArtifactFolder {
  user,       ///< files of a user; with a session or without one
  temp,       ///< files that can be deleted at any time; only without a session
  agent,      ///< files that an agent created; only with a session
  scratchpad  ///< an agent's working files; only with a session
};

template <>
struct EnumNames<ArtifactFolder> {
  static constexpr std::array<std::string_view, 4> values{"user", "temp", "agent", "scratchpad"};
};

/// How an artifact is deleted.
enum class DeleteMode {
  soft,  ///< hides the artifact from reads and searches, keeps the file
  hard   ///< deletes the row, and the file if it is in the tenant's artifact folder
};

template <>
struct EnumNames<DeleteMode> {
  static constexpr std::array<std::string_view, 2> values{"soft", "hard"};
};

/// The number and size of a tenant's artifacts.
struct ArtifactStatistics {
  std::int64_t files = 0;  ///< not deleted
  std::int64_t bytes = 0;  ///< of the files that are not deleted
  std::int64_t user_files = 0;
  std::int64_t generated_files = 0;
  std::int64_t deleted_files = 0;  ///< soft-deleted

  friend bool operator==(const ArtifactStatistics&, const ArtifactStatistics&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::Artifact, id, name, path, source, source_agent_id, purpose, content_type, size_bytes,
                    checksum, created_at, updated_at, last_accessed_at, access_count, tags, metadata, deleted_at,
                    session_id, revision, version);
HEDDLE_ADAPT_STRUCT(heddle::ArtifactPatch, name, path, source, source_agent_id, purpose, content_type, size_bytes,
                    checksum, session_id, add_tags, remove_tags, metadata, remove_metadata, revision);
HEDDLE_ADAPT_STRUCT(heddle::ArtifactFilter, source, content_type, tags, min_size_bytes, max_size_bytes, created_from,
                    created_until, session_id, include_deleted);
HEDDLE_ADAPT_STRUCT(heddle::ArtifactStatistics, files, bytes, user_files, generated_files, deleted_files);
HEDDLE_LIMIT_TEXTS(heddle::Artifact, heddle::limits::id, id, source_agent_id, session_id);
HEDDLE_LIMIT_TEXTS(heddle::Artifact, heddle::limits::name, name, path, content_type, checksum, tags);
HEDDLE_LIMIT_TEXTS(heddle::ArtifactPatch, heddle::limits::id, source_agent_id, session_id);
HEDDLE_LIMIT_TEXTS(heddle::ArtifactPatch, heddle::limits::name, name, path, content_type, checksum, add_tags,
                   remove_tags, remove_metadata);
