#pragma once

/// The backend for many tenants: `heddle::Backend<heddle::Postgres>`.
///
/// Defined here, unless the program links `heddle::postgres_compiled`: that target sets HEDDLE_POSTGRES_COMPILED and
/// brings the backend without a tracer ready made, so that this header declares it and nothing more.

#include "heddle/backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/postgres/policy.hpp"

#ifdef HEDDLE_POSTGRES_COMPILED
#include "heddle/detail/extern_backend.hpp"

HEDDLE_BACKEND_INSTANTIATION(extern template, heddle::Postgres);
extern template class heddle::AdminStore<heddle::Postgres, heddle::NoTracing>;
#else
#include "heddle/postgres/policy.ipp"
#endif
