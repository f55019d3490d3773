// The backend without a tracer, compiled once: the target heddle::sqlite_compiled.
#include "heddle/detail/extern_backend.hpp"
#include "heddle/sqlite/policy.ipp"

HEDDLE_BACKEND_INSTANTIATION(template, heddle::Sqlite);
