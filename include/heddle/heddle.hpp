#pragma once

/// @file
/// The core under its former name; see `heddle/core.hpp`.
#include "heddle/core.hpp"
