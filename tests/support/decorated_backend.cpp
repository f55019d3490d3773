#include "support/decorated_backend.hpp"

#include "custom_policy/counting.hpp"
#include "heddle/erasure.ipp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/transfer.ipp"

#include <cstdint>

namespace support {

static_assert(heddle::StoragePolicy<Counting<heddle::Sqlite>>);

class DecoratedSqlite::Engine : public Counting<heddle::Sqlite>::Engine {
 public:
  using Counting<heddle::Sqlite>::Engine::Engine;
};

std::int64_t DecoratedSqlite::units_of_work() {
  return Counting<heddle::Sqlite>::reads + Counting<heddle::Sqlite>::writes;
}

static_assert(heddle::StoragePolicy<DecoratedSqlite>);

}  // namespace support

HEDDLE_BACKEND_INSTANTIATION(template, support::DecoratedSqlite);
template struct heddle::transfer::Transfer<support::DecoratedSqlite, heddle::NoTracing>;
template struct heddle::erasure::Erasure<support::DecoratedSqlite, heddle::NoTracing>;
