#pragma once

/// The backend for many tenants: `heddle::Backend<heddle::Postgres>`.

#include "heddle/backend.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/postgres/policy.hpp"
