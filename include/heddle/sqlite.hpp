#pragma once

#include "heddle/heddle.hpp"
#include "heddle/sqlite/policy.hpp"
