// Defines what heddle/open.hpp declares. Compiled into the library heddle::open.
#include "heddle/open.hpp"

#include "heddle/config/open_backend.hpp"
#include "heddle/config/parse.hpp"
#include "heddle/metrics/metered.hpp"
#include "heddle/sqlite/policy.ipp"

#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres/policy.ipp"
#endif

namespace heddle::config {

// Defined in open_tenants.cpp.
void register_tenant_operations() noexcept;

}  // namespace heddle::config

namespace heddle {

AnyBackend open(const v1::StorageConfig& config, const OpenOptions& options) {
  config::register_tenant_operations();
  return config::open_backend(config, options, config.metrics() ? Metered() : Metered::off());
}

AnyBackend open(const OpenOptions& options) { return open(v1::StorageConfig{}, options); }

AnyBackend open_json(std::string_view json, const OpenOptions& options) {
  return open(parse_config_json(json), options);
}

AnyBackend open_file(const std::filesystem::path& path, const OpenOptions& options) {
  return open(load_config(path), options);
}

}  // namespace heddle
