#pragma once

/// @file
/// The backend for many tenants: `heddle::Backend<heddle::Postgres>`.
///
/// This header defines the backend. A program that links `heddle::postgres_compiled` gets the backend without a tracer
/// compiled: that target sets HEDDLE_POSTGRES_COMPILED, and this header only declares the backend then.

#include "heddle/needs_cxx20.hpp"

#if !defined(HEDDLE_POSTGRES_COMPILED) && !__has_include(<pqxx/pqxx>)
#error "heddle: heddle/postgres.hpp needs libpqxx: install it (Debian: libpqxx-dev), or link heddle::postgres_compiled"
#endif

#include "heddle/backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/postgres/policy.hpp"

#ifdef HEDDLE_POSTGRES_COMPILED
#include "heddle/detail/extern_backend.hpp"

HEDDLE_BACKEND_INSTANTIATION(extern template, heddle::Postgres);
#else
#include "heddle/postgres/policy.ipp"
#endif
