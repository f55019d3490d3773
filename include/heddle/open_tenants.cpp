// What handles of heddle/open.hpp do with whole tenants: export, import, erase, back up. Compiled into heddle::open, in
// a file of its own: together with open.cpp it would take twice the memory of the compiler.
#include "heddle/backup.ipp"
#include "heddle/erasure.ipp"
#include "heddle/metrics/metered.hpp"
#include "heddle/open.hpp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/transfer.ipp"

#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres/policy.ipp"
#endif

template struct heddle::transfer::Transfer<heddle::Sqlite, heddle::Metered>;
template struct heddle::erasure::Erasure<heddle::Sqlite, heddle::Metered>;
template struct heddle::sqlite::backups::Backup<heddle::Sqlite, heddle::Metered>;
#if HEDDLE_WITH_POSTGRES
template struct heddle::transfer::Transfer<heddle::Postgres, heddle::Metered>;
template struct heddle::erasure::Erasure<heddle::Postgres, heddle::Metered>;
#endif

namespace heddle::config {

// Called so that the linker takes this file, whose statics register the operations.
void register_tenant_operations() noexcept {}

}  // namespace heddle::config
