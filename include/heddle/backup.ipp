#pragma once

/// @file
/// The definitions of `heddle/backup.hpp`. Include the definition of the policy as well: `heddle/sqlite/policy.ipp`.

#include "heddle/backup.hpp"
#include "heddle/sqlite/backups/operations.ipp"
