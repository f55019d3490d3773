// The backend without a tracer, compiled once: the target heddle::postgres_compiled.
#include "heddle/detail/extern_backend.hpp"
#include "heddle/erasure.ipp"
#include "heddle/postgres/policy.ipp"
#include "heddle/transfer.ipp"

HEDDLE_BACKEND_INSTANTIATION(template, heddle::Postgres);
template struct heddle::transfer::Transfer<heddle::Postgres, heddle::NoTracing>;
template struct heddle::erasure::Erasure<heddle::Postgres, heddle::NoTracing>;
