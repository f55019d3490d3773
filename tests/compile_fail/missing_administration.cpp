// Administration across tenants with a backend that has none.
#include "../support/plain_policy.hpp"

void report(PlainBackend& backend) {
  backend.ping();
#ifndef HEDDLE_CONTROL
  static_cast<void>(backend.admin_storage().statistics({}));
#endif
}
