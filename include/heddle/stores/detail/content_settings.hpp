// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact_version.hpp"

#include <concepts>
#include <cstdint>

namespace heddle::stores::detail {

/// Where contents are stored, and how many bytes of them a tenant may have.
struct ContentSettings {
  ArtifactContent place = ArtifactContent::database;
  std::int64_t quota_bytes = 0;  ///< 0: no limit
};

/// A configuration that decides it.
template <class Config>
concept PlacesContents = requires(const Config& config) {
  { config.artifact_content } -> std::convertible_to<ArtifactContent>;
  { config.artifact_quota_bytes } -> std::convertible_to<std::int64_t>;
};

/// Returns the settings of a configuration; the database and no limit if it does not decide it.
template <class Config>
[[nodiscard]] ContentSettings content_settings_of([[maybe_unused]] const Config& config) {
  if constexpr (PlacesContents<Config>) {
    const bool by_default = config.artifact_content == ArtifactContent::automatic;
    return {by_default ? Config{}.artifact_content : config.artifact_content, config.artifact_quota_bytes};
  } else {
    return {};
  }
}

}  // namespace heddle::stores::detail
