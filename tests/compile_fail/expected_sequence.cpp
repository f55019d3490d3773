// Only what appends to a session can expect the number of its last message.
#include "plain_policy.hpp"

void save(PlainBackend& backend) {
  backend.session_storage().save_message({}, "s", {}, {.expected_sequence = 1});
#ifndef HEDDLE_CONTROL
  backend.session_storage().save_session({}, {.id = "s"}, {.expected_sequence = 1});
#endif
}
