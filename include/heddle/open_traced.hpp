#pragma once

/// @file
/// `open` with your own tracer. It compiles the backends for that tracer, so it needs the drivers and compiles slowly:
/// include it in one file only. Needs protobuf. Link heddle::open, which sets HEDDLE_WITH_POSTGRES if the build has a
/// PostgreSQL backend.

#include "heddle/any_backend.hpp"
#include "heddle/config/open_backend.hpp"
#include "heddle/config/parse.hpp"
#include "heddle/open.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/sqlite/policy.ipp"
#include "heddle/tracing.hpp"

#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres/policy.ipp"
#endif

#include <utility>

namespace heddle {

/// Like `open(config, options)`; `tracer` observes the operations of the backend.
template <Tracer TracerType>
[[nodiscard]] AnyBackend open(const v1::StorageConfig& config, const OpenOptions& options, TracerType tracer) {
  return config::open_backend(config, options, std::move(tracer));
}

}  // namespace heddle
