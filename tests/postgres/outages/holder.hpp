#pragma once

#include "support/raw_postgres.hpp"

namespace outages {

/// A transaction that locks the session's row until the object is destroyed.
class Holder {
 public:
  template <class Backend>
  explicit Holder(Backend& here) : connection_(here.migrated().database().superuser_dsn()) {
    connection_.execute("BEGIN");
    static_cast<void>(connection_.text("SELECT id FROM sessions WHERE id = 'session' FOR UPDATE"));
  }

 private:
  support::RawPostgres connection_;
};

}  // namespace outages
