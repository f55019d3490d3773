// Removing hidden sessions with a backend that cannot hide one: our sentence.
#include "../support/plain_policy.hpp"

#include <chrono>
#include <cstdint>

void clean(PlainBackend& backend) {
  backend.session_storage().delete_session({}, "s");
#ifndef HEDDLE_CONTROL
  const std::int64_t removed = backend.session_storage().purge_deleted_sessions({}, std::chrono::hours(1));
  if (removed > 0) { backend.ping(); }
#endif
}
