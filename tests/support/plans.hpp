#pragma once

#include "support/raw_postgres.hpp"

#include <libpq-fe.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

/// Collects the plans that PostgreSQL really uses, also for statements inside functions: its module auto_explain sends
/// them as notices.
class Plans {
 public:
  /// `superuser` is a connection string; only a superuser can load the module. The statements run as `role`.
  Plans(const std::string& superuser, const std::string& role) : connection_(superuser) {
    connection_.execute(
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
        "SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET client_min_messages = log; "
        "SET ROLE " +
        role);
    ::PQsetNoticeProcessor(connection_.handle(), &note, this);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
  Plans(Plans&&) = delete;
  Plans& operator=(Plans&&) = delete;
  ~Plans() = default;

  /// Runs statements in one transaction and returns the plan of each, a statement in a function before its caller.
  [[nodiscard]] std::vector<std::string> of(const std::string& statements) {
    plans_.clear();
    connection_.execute(statements);
    return std::move(plans_);
  }

 private:
  static void note(void* self, const char* message) {
    const std::string_view text(message);
    if (text.find("plan:") != std::string_view::npos) { static_cast<Plans*>(self)->plans_.emplace_back(text); }
  }

  RawPostgres connection_;
  std::vector<std::string> plans_{};
};

}  // namespace support
