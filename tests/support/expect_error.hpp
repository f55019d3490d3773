#pragma once

#include "heddle/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace support {

/// Returns the Error that `action` throws; fails the test if it throws none.
template <class Action>
heddle::Error error_of(Action&& action) {
  try {
    action();
  } catch (const heddle::Error& error) { return error; }
  FAIL("no heddle::Error was thrown");
  return heddle::Error(heddle::ErrorCode::internal, "unreachable");
}

/// Returns the code of the Error that `action` throws.
template <class Action>
heddle::ErrorCode code_of(Action&& action) {
  return error_of(action).code();
}

}  // namespace support

namespace doctest {
template <>
struct StringMaker<heddle::ErrorCode> {
  static String convert(heddle::ErrorCode code) { return std::string(heddle::to_string(code)).c_str(); }
};
}  // namespace doctest
