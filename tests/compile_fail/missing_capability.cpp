// A backup with a backend that cannot copy its database.
#include "../support/plain_policy.hpp"

void save(PlainBackend& backend) {
  backend.ping();
#ifndef HEDDLE_CONTROL
  backend.back_up({}, "copy.db");
#endif
}
