// The backend without a tracer, compiled once: the target heddle::sqlite_compiled.
#include "heddle/backup.ipp"
#include "heddle/detail/extern_backend.hpp"
#include "heddle/erasure.ipp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/transfer.ipp"

HEDDLE_BACKEND_INSTANTIATION(template, heddle::Sqlite);
template struct heddle::transfer::Transfer<heddle::Sqlite, heddle::NoTracing>;
template struct heddle::erasure::Erasure<heddle::Sqlite, heddle::NoTracing>;
template struct heddle::sqlite::backups::Backup<heddle::Sqlite, heddle::NoTracing>;
template struct heddle::sqlite::backups::Folders<heddle::Sqlite>;
