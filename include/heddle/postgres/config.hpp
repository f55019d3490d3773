#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/result_settings.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/soft_delete_config.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace heddle::postgres {

/// The limits of a connection pool.
struct PoolConfig {
  int max_connections = 25;                        ///< 1 to 10000; a call that needs one more waits
  int min_connections = 5;                         ///< kept open while idle; 0 to `max_connections`
  std::chrono::seconds max_idle_time{300};         ///< after it, closes idle connections beyond the minimum; 0: never
  std::chrono::seconds max_lifetime{3600};         ///< after it, replaces a connection; positive
  std::chrono::seconds health_check_interval{30};  ///< between two checks of an idle connection; positive
};

/// The earlier name of the type.
using SoftDeleteConfig = heddle::SoftDeleteConfig;

/// The settings of a PostgreSQL backend.
struct Config {
  /// A connection string or URI of libpq for the role that serves tenants: a role that does not own the tables and
  /// cannot bypass row security. Several hosts and `target_session_attrs` work as libpq documents them.
  std::string dsn{};
  /// The same for a role that sees all tenants, for administration and the removal of soft-deleted sessions. Empty:
  /// both throw `failed_precondition`.
  std::string admin_dsn{};
  /// The same for the role that migrates: a member of the role that owns the tables. Empty: `admin_dsn`, or else `dsn`.
  std::string migration_dsn{};
  /// How long opening the backend waits for the server before it throws `unavailable`; positive.
  std::chrono::milliseconds open_timeout{30'000};
  /// Read only: every transaction is a read-only one of the server, calls that would change something throw
  /// `failed_precondition`, and nothing is done behind the calls. `dsn` can name a replica then.
  bool read_only = false;
  std::string schema = "public";  ///< of the tables: 1 to 63 letters, digits and _, not starting with a digit
  PoolConfig pool{};
  std::string default_user_id{};  ///< the tenant of calls that name none; empty: such calls throw
  /// Prepare statements on the server, and receive notifications of other processes on a connection beside the pool.
  /// Set it to false behind a pooler that assigns a server session per transaction, such as PgBouncer in transaction
  /// mode, even if the pooler tracks prepared statements: notifications do not pass it.
  bool named_statements = true;
  /// Accept a role for which row security does not hold: a superuser, a role with BYPASSRLS, or the owner of the
  /// tables.
  bool allow_role_without_row_security = false;
  std::filesystem::path artifact_directory{};  ///< the root of artifact files; empty: no artifact files
  /// Where the contents of artifacts are stored. Automatic: in the database, which all servers share.
  ArtifactContent artifact_content = ArtifactContent::database;
  /// How many bytes the contents of one tenant's artifacts may have, unless a quota is set for the tenant; 0: no limit.
  std::int64_t artifact_quota_bytes = 0;
  std::filesystem::path migration_directory{};  ///< empty: the compiled-in migrations
  /// Between two times at which a thread of the backend indexes texts of all tenants anew that an earlier version has
  /// stored; 0: never. Needs `admin_dsn`, and does nothing without it.
  std::chrono::seconds reindex_interval{3600};
  SoftDeleteConfig soft_delete{};  ///< its removal of sessions needs `admin_dsn`
  QueryBudget query_budget{};      ///< of the queries on results
  ResultSettings results{};
  RetentionConfig retention{};  ///< what is removed by itself because it is old; needs `admin_dsn`
  /// How many matches a search ranks, the newest: 1 to 1,000,000. With more, `FoundMessages::considered_all` is false.
  std::int64_t search_candidates = limits::search_candidates;
  /// How many bytes of text a page of records may have; at least 1. A page ends, and `next` goes on, after the item
  /// with which it has as many.
  std::int64_t page_bytes = std::int64_t{64} << 20U;
};

}  // namespace heddle::postgres
