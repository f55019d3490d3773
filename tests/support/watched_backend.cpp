#include "support/watched_backend.hpp"

#include "heddle/sqlite/policy.ipp"

#include <memory>
#include <utility>

namespace support {

heddle::AnyBackend open_watched(heddle::sqlite::Config config, Watchers watchers) {
  auto backend = std::make_unique<heddle::Backend<heddle::Sqlite, Watchers>>(std::move(config), std::move(watchers));
  backend->migrate();
  return heddle::AnyBackend(std::move(backend));
}

}  // namespace support
