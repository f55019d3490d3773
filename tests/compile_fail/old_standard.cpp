// Compiled as C++17.
#ifndef HEDDLE_CONTROL
#include "heddle/sqlite.hpp"
#endif
