#include "heddle/concepts/storage_policy.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/plain_policy.hpp"

#include <doctest/doctest.h>

using namespace heddle;

// The concepts say at compile time what a backend is and what it can do.
using Embedded = Backend<Sqlite>;
static_assert(StoragePolicy<Sqlite>);
static_assert(StorageBackend<Embedded>);
static_assert(Migratable<Embedded>);
static_assert(InspectsMigrations<Embedded>);
static_assert(ReportsDetails<Embedded>);
static_assert(BacksUpOnline<Embedded>);
static_assert(AdministersTenants<Embedded>);
static_assert(SoftDeletes<Embedded>);
static_assert(StoragePolicy<PlainPolicy>);
static_assert(StorageBackend<PlainBackend>);
static_assert(!BacksUpOnline<PlainBackend>);
static_assert(!AdministersTenants<PlainBackend>);
static_assert(!SoftDeletes<PlainBackend>);
static_assert(!StorageBackend<int>);
static_assert(!StoragePolicy<int>);

namespace {

/// Generic server code that checks for a capability.
template <StorageBackend B>
bool can_back_up(B& /*backend*/) {
  if constexpr (BacksUpOnline<B>) {
    return true;
  } else {
    return false;
  }
}

}  // namespace

TEST_CASE("generic code finds a capability by the type of the backend") {
  Embedded backend({.path = ":memory:"});
  CHECK(can_back_up(backend));
  CHECK(Embedded::name() == "sqlite");
}
