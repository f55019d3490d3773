// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/stores/detail/artifact_checks.hpp"
#include "heddle/validation/check.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <vector>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a patch that no artifact can take.
void check_artifact_patch(const std::same_as<ArtifactPatch> auto& patch) {
  validation::check("patch", patch);
  if (patch.revision < 0) { validation::refuse("patch.revision", "is negative"); }
}

/// Returns the artifact with the changes of a patch, at the revision that the patch demands. Throws `invalid_argument`
/// if the result cannot be stored.
[[nodiscard]] Artifact patched(Artifact artifact, const std::same_as<ArtifactPatch> auto& patch) {
  const auto set = [](auto& member, const auto& change) {
    if (change) { member = *change; }
  };
  set(artifact.name, patch.name);
  set(artifact.path, patch.path);
  set(artifact.source, patch.source);
  set(artifact.source_agent_id, patch.source_agent_id);
  set(artifact.purpose, patch.purpose);
  set(artifact.content_type, patch.content_type);
  set(artifact.size_bytes, patch.size_bytes);
  set(artifact.checksum, patch.checksum);
  if (patch.session_id) {
    artifact.session_id = patch.session_id->empty() ? std::nullopt : std::optional(*patch.session_id);
  }
  const auto has = [](const std::vector<std::string>& tags, const std::string& tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  };
  std::erase_if(artifact.tags, [&](const std::string& tag) { return has(patch.remove_tags, tag); });
  for (const std::string& tag : patch.add_tags) {
    if (!has(artifact.tags, tag)) { artifact.tags.push_back(tag); }
  }
  for (const std::string& key : patch.remove_metadata) { artifact.metadata.erase(key); }
  for (const auto& [key, value] : patch.metadata) { artifact.metadata[key] = value; }
  if (patch.revision != 0) { artifact.revision = patch.revision; }
  check_artifact(artifact);
  return artifact;
}

}  // namespace heddle::stores::detail
