// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/proto/storage.pb.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace heddle::config {

/// Reads where contents are stored, and the quota, into the settings of a backend. Throws `invalid_argument` for a
/// value that has no meaning.
template <class From, class Settings>
void read_artifact_content(std::string_view backend, const From& from, Settings& settings) {
  const auto refuse = [&](const char* what) { throw Error(ErrorCode::invalid_argument, std::string(backend) + what); };
  switch (from.artifact_content()) {
    case v1::ARTIFACT_CONTENT_UNSPECIFIED: break;
    case v1::ARTIFACT_CONTENT_FILES: settings.artifact_content = ArtifactContent::files; break;
    case v1::ARTIFACT_CONTENT_DATABASE: settings.artifact_content = ArtifactContent::database; break;
    default: refuse(".artifact_content has an unknown value");
  }
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (from.artifact_quota_bytes() > most) { refuse(".artifact_quota_bytes must be at most 2^63-1"); }
  settings.artifact_quota_bytes = static_cast<std::int64_t>(from.artifact_quota_bytes());
}

}  // namespace heddle::config
