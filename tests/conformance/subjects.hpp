#pragma once

// The suite is compiled once for each database; CMakeLists.txt selects it.
#ifdef HEDDLE_CONFORMANCE_POSTGRES
#include "conformance/postgres_subjects.hpp"
#else
#include "conformance/sqlite_subjects.hpp"
#endif
