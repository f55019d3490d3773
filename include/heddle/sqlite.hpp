#pragma once

/// The embedded backend: `heddle::Backend<heddle::Sqlite>`.

#include "heddle/heddle.hpp"
#include "heddle/sqlite/policy.hpp"
