#pragma once

/// @file
/// The definitions of `heddle/erasure.hpp`. Include the definition of the policy as well, such as
/// `heddle/sqlite/policy.ipp`.

#include "heddle/erasure.hpp"
#include "heddle/erasure/operations.ipp"
