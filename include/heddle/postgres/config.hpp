#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace heddle::postgres {

/// How many connections there are, and for how long.
struct PoolConfig {
  int max_connections = 25;                        ///< never more, 1 to 10000; whoever comes then waits
  int min_connections = 5;                         ///< kept open although nobody uses them; at most all
  std::chrono::seconds max_idle_time{300};         ///< then a connection beyond the minimum is closed; zero: never
  std::chrono::seconds max_lifetime{3600};         ///< then a connection is replaced; more than 0
  std::chrono::seconds health_check_interval{30};  ///< an idle connection is asked this often; more than 0
};

/// What becomes of sessions that are hidden by `soft_delete_session`.
struct SoftDeleteConfig {
  bool enabled = false;                           ///< remove what is over its grace period; needs an `admin_dsn`
  std::chrono::seconds grace_period{30 * 86400};  ///< how long a hidden session can be restored; 0 or more
  std::chrono::seconds cleanup_interval{86'400};  ///< between two removals; more than 0
};

/// Where a PostgreSQL database is and how it is used.
struct Config {
  /// A connection string or URI of libpq, for the role that the server works as: one that neither owns the tables nor
  /// passes row security. Several hosts and `target_session_attrs` work as libpq describes them.
  std::string dsn{};
  /// The same for the role that sees all tenants: administration and the removal of what was soft-deleted. Empty:
  /// neither is there.
  std::string admin_dsn{};
  /// The same for the role that migrates, a member of the role that owns the tables. Empty: `admin_dsn`, or else `dsn`.
  std::string migration_dsn{};
  /// How long opening the backend waits for the server, which then is `unavailable`; more than 0.
  std::chrono::milliseconds open_timeout{30'000};
  std::string schema = "public";  ///< in which the tables are: 1 to 63 letters, digits and _, no digit first
  PoolConfig pool{};
  std::string default_user_id{};  ///< the tenant of calls that name none; empty: such calls are refused
  /// Keep statements prepared on the server, and listen to other processes on one connection beside the pool. Off
  /// behind a pooler that gives each transaction another session of the server, such as PgBouncer in transaction mode;
  /// also behind one that keeps track of prepared statements, as nothing can be heard through it.
  bool named_statements = true;
  /// Accept a role for which row security does not hold: a superuser, one with BYPASSRLS, or the owner of the tables.
  bool allow_role_without_row_security = false;
  std::filesystem::path artifact_directory{};   ///< the root of artifact files; empty: none are kept
  std::filesystem::path migration_directory{};  ///< empty: the migrations that are compiled in
  SoftDeleteConfig soft_delete{};
};

}  // namespace heddle::postgres
