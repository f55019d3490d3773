#include "heddle/core.hpp"

#include <doctest/doctest.h>

// The core has no database: server code that includes it includes no driver.
#if defined(SQLITE_VERSION) || defined(LIBPQ_FE_H) || defined(GOOGLE_PROTOBUF_VERSION)
#error "heddle/core.hpp includes a driver"
#endif

static_assert(heddle::StorageBackend<heddle::AnyBackend>);

TEST_CASE("a handle needs only the core") {
  const auto serve = [](heddle::AnyBackend* storage) { return storage == nullptr; };
  CHECK(serve(nullptr));
}
