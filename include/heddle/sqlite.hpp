#pragma once

/// The embedded backend: `heddle::Backend<heddle::Sqlite>`.
///
/// Defined here, unless the program links `heddle::sqlite_compiled`: that target sets HEDDLE_SQLITE_COMPILED and brings
/// the backend without a tracer ready made, so that this header declares it and nothing more.

#include "heddle/backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/sqlite/policy.hpp"

#ifdef HEDDLE_SQLITE_COMPILED
#include "heddle/detail/extern_backend.hpp"

HEDDLE_BACKEND_INSTANTIATION(extern template, heddle::Sqlite);
#else
#include "heddle/sqlite/policy.ipp"
#endif
