// A backup from a backend that cannot make one: our sentence.
#include "plain_policy.hpp"

void save(PlainBackend& backend) {
  backend.ping();
#ifndef HEDDLE_CONTROL
  backend.back_up({}, "copy.db");
#endif
}
