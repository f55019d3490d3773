#pragma once

#include "heddle/model/result_settings.hpp"
#include "heddle/model/soft_delete_config.hpp"

#include <cstdint>

namespace conformance {

/// What tests of the suite configure, with the defaults of the backends.
struct Settings {
  std::int64_t page_bytes = std::int64_t{64} << 20U;
  heddle::SoftDeleteConfig soft_delete{};
  heddle::ResultSettings results{};
};

/// Returns the configuration of a backend with these settings. It administers tenants if sessions can be hidden.
template <class Config>
[[nodiscard]] Config with(Config config, const Settings& settings) {
  config.page_bytes = settings.page_bytes;
  config.soft_delete = settings.soft_delete;
  config.results = settings.results;
  if constexpr (requires { config.administer_tenants; }) { config.administer_tenants = settings.soft_delete.enabled; }
  return config;
}

}  // namespace conformance
