#pragma once

/// @file
/// The definitions of `heddle/transfer.hpp`. Include the definition of the policy as well, such as
/// `heddle/sqlite/policy.ipp`.

#include "heddle/transfer.hpp"
#include "heddle/transfer/operations.ipp"
