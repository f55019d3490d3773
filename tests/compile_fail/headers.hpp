#pragma once

// What the files beside this one include, precompiled.
#include "heddle/open.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/sqlite.hpp"

#include <chrono>
#include <string>
#include <vector>
