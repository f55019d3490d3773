// Compiled without the headers of the system, so also without those of libpqxx.
#ifndef HEDDLE_CONTROL
#include "heddle/postgres.hpp"
#endif
