// A struct that is not adapted has no members for the library, so it has no JSON form.
#include "heddle/sql/json_codec.hpp"

#include <string>

struct Plain {
  int number = 0;
};

std::string adapted() { return heddle::sql::json::encode(true); }
#ifndef HEDDLE_CONTROL
std::string plain() { return heddle::sql::json::encode(Plain{}); }
#endif
