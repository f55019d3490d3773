#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/result_settings.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/soft_delete_config.hpp"

#include <cstdint>
#include <optional>

namespace conformance {

/// What tests of the suite configure, with the defaults of the backends.
struct Settings {
  std::int64_t page_bytes = std::int64_t{64} << 20U;
  heddle::SoftDeleteConfig soft_delete{};
  heddle::ResultSettings results{};
  heddle::RetentionConfig retention{};
  std::optional<heddle::ArtifactContent> content{};  ///< nothing: the default of the backend
  std::int64_t content_quota_bytes = 0;
  std::int64_t search_candidates = heddle::limits::search_candidates;
  bool administer = false;  ///< on SQLite; a server has its administrator
};

/// Returns the configuration of a backend with these settings. It also administers tenants if sessions can be hidden,
/// or if there are rules of retention.
template <class Config>
[[nodiscard]] Config with(Config config, const Settings& settings) {
  config.page_bytes = settings.page_bytes;
  config.search_candidates = settings.search_candidates;
  config.soft_delete = settings.soft_delete;
  config.results = settings.results;
  config.retention = settings.retention;
  if (settings.content) { config.artifact_content = *settings.content; }
  config.artifact_quota_bytes = settings.content_quota_bytes;
  if constexpr (requires { config.administer_tenants; }) {
    config.administer_tenants = settings.administer || settings.soft_delete.enabled || settings.retention.is_set();
  }
  return config;
}

}  // namespace conformance
