#pragma once

/// @file
/// Included first by what programs include, so that the first error says what is wrong.

#if __cplusplus < 202002L
#error "heddle: needs C++20: compile with -std=c++20, or link heddle::sqlite (CMake), which sets it"
#endif
