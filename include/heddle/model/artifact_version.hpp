#pragma once

#include "heddle/limits.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle {

/// Where the contents of artifacts are stored. It decides for new contents; older ones stay where they are, and are
/// read there.
enum class ArtifactContent {
  automatic,  ///< in files if the backend is SQLite and has an artifact directory, else in the database
  files,      ///< in the artifact directory
  database    ///< in the database
};

template <>
struct EnumNames<ArtifactContent> {
  static constexpr std::array<std::string_view, 3> values{"automatic", "files", "database"};
};

/// One content that an artifact has, or had.
struct ArtifactVersion {
  std::string artifact_id{};
  std::int64_t version = 0;  ///< from 1; 0: a file at the artifact's path, which is not Heddle's
  std::int64_t size_bytes = 0;
  std::string checksum{};  ///< SHA-256, lower-case hexadecimal
  std::string content_type{};
  Timestamp created_at{};

  friend bool operator==(const ArtifactVersion&, const ArtifactVersion&) = default;
};

/// Options of a put.
struct PutOptions {
  /// See WriteOptions. A repeat reads the content again, as it belongs to the request.
  std::string idempotency_key{};
  /// What the caller knows about the content. If it differs, the put throws `invalid_argument` and stores nothing.
  std::optional<std::int64_t> size_bytes{};
  /// The same: SHA-256, lower-case hexadecimal; empty: not known.
  std::string checksum{};
};

/// What a verification of a content has found.
enum class ContentState {
  intact,   ///< the bytes have the recorded size and checksum
  damaged,  ///< they do not
  missing   ///< some or all of them are not there
};

template <>
struct EnumNames<ContentState> {
  static constexpr std::array<std::string_view, 3> values{"intact", "damaged", "missing"};
};

/// How many bytes the contents of a tenant's artifacts have, and may have. What several versions share counts once.
struct ContentUsage {
  std::int64_t stored_bytes = 0;
  /// Set for this tenant; not set: the default of the configuration holds.
  std::optional<std::int64_t> quota_bytes{};

  friend bool operator==(const ContentUsage&, const ContentUsage&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::ArtifactVersion, artifact_id, version, size_bytes, checksum, content_type, created_at);
HEDDLE_ADAPT_STRUCT(heddle::ContentUsage, stored_bytes, quota_bytes);
HEDDLE_LIMIT_TEXTS(heddle::ArtifactVersion, heddle::limits::id, artifact_id);
HEDDLE_LIMIT_TEXTS(heddle::ArtifactVersion, heddle::limits::name, checksum, content_type);
