#pragma once

/// The core: the model, the concepts and `Backend`, without any database driver. Include `heddle/sqlite.hpp` for a
/// backend, or `heddle/open.hpp` to choose one at run time.

#include "heddle/backend.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/concepts/storage_policy.hpp"
#include "heddle/stores/describe_file.hpp"
#include "heddle/tracing.hpp"
