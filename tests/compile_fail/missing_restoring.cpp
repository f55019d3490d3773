// Showing a session again with a backend that cannot hide one: our sentence.
#include "../support/plain_policy.hpp"

void bring_back(PlainBackend& backend) {
  backend.session_storage().delete_session({}, "s");
#ifndef HEDDLE_CONTROL
  if (!backend.session_storage().restore_session({}, "s")) { backend.ping(); }
#endif
}
