// The backend without a tracer, compiled once: the target heddle::postgres_compiled.
#include "heddle/detail/extern_backend.hpp"
#include "heddle/postgres/policy.ipp"

HEDDLE_BACKEND_INSTANTIATION(template, heddle::Postgres);
