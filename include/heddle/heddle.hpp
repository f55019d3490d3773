#pragma once
#include "heddle/backend.hpp"
#include "heddle/sql/migrator.hpp"
