// Hiding a session with a backend that can only delete it.
#include "../support/plain_policy.hpp"

void retire(PlainBackend& backend) {
  backend.session_storage().delete_session({}, "s");
#ifndef HEDDLE_CONTROL
  if (backend.session_storage().soft_delete_session({}, "s")) { backend.ping(); }
#endif
}
