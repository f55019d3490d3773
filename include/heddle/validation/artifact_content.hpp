// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact_version.hpp"
#include "heddle/validation/field_path.hpp"

#include <string>
#include <string_view>

namespace heddle::validation {

/// Throws `invalid_argument` if a configuration cannot store contents where it says.
template <class Config>
void check_artifact_content(std::string_view backend, const Config& config) {
  const std::string name(backend);
  if (to_string(config.artifact_content).empty()) { refuse(name + ": artifact_content", "is not a valid enumerator"); }
  if (config.artifact_content == ArtifactContent::files && config.artifact_directory.empty()) {
    refuse(name + ": artifact_content", "is files, but there is no artifact directory: set artifact_directory");
  }
  if (config.artifact_quota_bytes < 0) { refuse(name + ": artifact_quota_bytes", "is negative"); }
}

}  // namespace heddle::validation
