#pragma once

/// @file
/// The core: the model, the concepts and the type-erased handle, without any database. Include it in server code that
/// is written against them. Where the backend is made, include `heddle/sqlite.hpp` or `heddle/postgres.hpp`, or
/// `heddle/open.hpp` to choose one at run time.

#include "heddle/needs_cxx20.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/concepts/storage_policy.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/repair_text.hpp"
#include "heddle/tracing.hpp"
