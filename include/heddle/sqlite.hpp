#pragma once

/// @file
/// The embedded backend: `heddle::Backend<heddle::Sqlite>`.
///
/// This header defines the backend. A program that links `heddle::sqlite_compiled` gets the backend without a tracer
/// compiled: that target sets HEDDLE_SQLITE_COMPILED, and this header only declares the backend then.

#include "heddle/needs_cxx20.hpp"

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
