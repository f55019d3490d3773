#pragma once

/// The embedded backend: `heddle::Backend<heddle::Sqlite>`.

#include "heddle/backend.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/sqlite/policy.hpp"
