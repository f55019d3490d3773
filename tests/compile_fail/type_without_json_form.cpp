// A struct that is not adapted for Boost.Hana has no members to the library, so no JSON form.
#include "heddle/sql/json_codec.hpp"

#include <string>

struct Plain {
  int number = 0;
};

std::string adapted() { return heddle::sql::json::encode(true); }
#ifndef HEDDLE_CONTROL
std::string plain() { return heddle::sql::json::encode(Plain{}); }
#endif
