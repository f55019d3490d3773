#pragma once

#include "heddle/context.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// @file
/// Concepts for what only some backends can do. The functions of `heddle/capabilities.hpp` find them at run time, for a
/// backend and for a handle alike. The type of a handle does not determine which backend it holds, so AnyBackend
/// satisfies none of BacksUpOnline, Compacts, IndexesAnew, Scrubs, AdministersTenants, AppliesRetention and
/// SoftDeletes.
namespace heddle {

struct Metrics;

/// Can count its operations and what its engine does: adds that to the metrics, or returns false if its configuration
/// leaves it off. See `read_metrics` in `heddle/metrics.hpp`.
template <class T>
concept KeepsMetrics = requires(T& backend, Metrics& metrics) {
  { backend.read_metrics(metrics) } -> std::same_as<bool>;
};

/// Lists the migrations that the database lacks, with their SQL, without running them; works on an empty database.
template <class T>
concept InspectsMigrations = requires(T& backend, const Context& context) {
  { backend.pending_migrations(context) } -> std::same_as<std::vector<PendingMigration>>;
};

/// Runs migrations step by step, up and down; BackendMigrator specifies the operations.
template <class T>
concept MigratesStepwise = requires(T& backend, const Context& context, std::int32_t number) {
  { backend.migrator().current_version(context) } -> std::same_as<std::int32_t>;
  { backend.migrator().latest_version(context) } -> std::same_as<std::int32_t>;
  { backend.migrator().applied(context) } -> std::same_as<std::vector<AppliedMigration>>;
  { backend.migrator().pending(context, number) } -> std::same_as<std::vector<PendingMigration>>;
  backend.migrator().up(context, number);
  backend.migrator().down(context, number);
  backend.migrator().to(context, number);
};

/// Reports the schema's version and, if there is a connection pool, its state.
template <class T>
concept ReportsDetails = requires(T& backend, const Context& context) {
  { backend.details(context) } -> std::same_as<StorageDetails>;
};

/// Copies the whole database to a file while it is in use.
template <class T>
concept BacksUpOnline = requires(T& backend, const Context& context, const std::filesystem::path& target) {
  { backend.back_up(context, target) } -> std::same_as<void>;
};

/// Makes erased texts leave the files. `redact_messages` overwrites the rows at once, and no search finds the texts any
/// more; their words leave the full-text index by short transactions behind the calls, and the write-ahead log with the
/// checkpoint after them. `details` says whether anything is owed.
///
///  - `scrub` does all of that to the end, between other calls, and starts the log anew. If an earlier version has
///    written into the database, which did not overwrite what it redacted, it writes the whole file anew once (VACUUM):
///    that takes as much space again, and other writes wait. If the full-text index is being made anew, that is done to
///    the end, too. Sessions and artifacts that are deleted without `secure_delete` are not erased: parts of them may
///    stay in free pages. An interrupted scrub is repeated. Throws `failed_precondition` before the first migration and
///    if a later version has made the index, and what a write throws.
template <class T>
concept Scrubs = requires(T& backend, const Context& context) {
  { backend.scrub(context) } -> std::same_as<ScrubReport>;
};

/// Gives back space that the database does not use, such as that of deleted sessions, to the file system. Without it
/// the space is used again by later writes, and the file stays as long as it is.
///
///  - `compact` frees pages at the end of the file, in short steps between other calls, until none is left, or until
///    the time of the options is over, after at least one step; what is left is in the report. It needs a file with a
///    map of its pages, which a new file has unless `incremental_vacuum` is off in the configuration. If there is
///    unused space in another one, it throws `failed_precondition`, says how many bytes there are, and changes nothing.
///  - With `full` it writes the whole file anew (VACUUM), with a map of its pages if the configuration says so: that
///    takes as much space again, and other writes wait. So an older file is compacted in full once, and by steps from
///    then on.
///
/// Throws `invalid_argument` for a negative time, and what a write throws; `deadline_exceeded` and `cancelled` when the
/// context is over, and then the steps before have freed what they have. In full it is done whole or not at all.
template <class T>
concept Compacts = requires(T& backend, const Context& context, const CompactOptions& options) {
  { backend.compact(context, options) } -> std::same_as<CompactReport>;
};

/// Indexes texts anew that a version with another analysis has stored; until then they are found by the words of that
/// version. A text is indexed anew once, by the first program that gets to it, and only if its words are of an earlier
/// analysis than those of that program.
///
///  - `reindex` does it for the messages and artifacts of a tenant, in transactions of a bounded size, and returns how
///    many there were. It ends early if another program does the same. After a failure, what was done stays, and a
///    repeat goes on. SQLite has one index for all tenants: it does those of others on the way, and counts the
///    tenant's.
///  - `reindex_all` does it for all tenants. It is administration: see AdministersTenants for what it throws.
template <class T>
concept IndexesAnew = requires(T& backend, const Context& context) {
  { backend.reindex(context) } -> std::same_as<std::int64_t>;
  { backend.reindex_all(context) } -> std::same_as<std::int64_t>;
};

/// Hides sessions, with everything that belongs to them, before they are permanently removed.
///
///  - A backend may leave it off by its configuration: then `can_soft_delete()`, if there is one, returns false, and
///    `soft_delete_session` throws `failed_precondition`. SQLite does so by default, PostgreSQL never.
///  - A hidden session is absent from every read, count and search until it is restored; its files stay. Writes to it
///    throw `not_found`, `save_session` and `ensure_session` with its id throw `failed_precondition`, and
///    `delete_session` returns false and removes nothing. A repeat of an idempotency key returns what the first call
///    returned.
///  - `soft_delete_session` returns false if the session is hidden or does not exist, `restore_session` if it is not
///    hidden.
///  - What a hidden session shares with others, such as its forks, they have still, and it stays when the session is
///    purged. Its children keep it as their parent until then.
///  - `purge_deleted_sessions` removes the sessions of all tenants that have been hidden for at least the grace period,
///    then removes the files and runs the hooks of each as `delete_session` does. Returns the number of removed
///    sessions. If a file or a hook fails, it continues with the others and throws the first failure at the end. It is
///    administration: see AdministersTenants for what it throws.
template <class T>
concept SoftDeletes = requires(T& backend, const Context& context, const std::string& id, const WriteOptions& options,
                               std::chrono::seconds grace_period) {
  { backend.session_storage().soft_delete_session(context, id, options) } -> std::same_as<bool>;
  { backend.session_storage().restore_session(context, id, options) } -> std::same_as<bool>;
  { backend.session_storage().purge_deleted_sessions(context, grace_period) } -> std::same_as<std::int64_t>;
};

/// Reads across tenants. Throws `failed_precondition` if the configuration does not let the backend, which is when
/// `can_administer()` returns false: on PostgreSQL it names a connection for it, which is never used for tenants, on
/// SQLite `administer_tenants`. Throws `permission_denied` if the role of that connection does not see all tenants.
/// Soft-deleted sessions are not counted; `list_tenants` returns those that have anything stored.
/// `validate_permissions` does not throw for missing privileges: it returns what the role lacks, and warns the tracer;
/// on SQLite, that is nothing.
template <class T>
concept AdministersTenants = requires(T& backend, const Context& context, const PageRequest& page) {
  { backend.can_administer() } -> std::same_as<bool>;
  { backend.admin_storage().list_sessions(context, page) } -> std::same_as<SessionOverview>;
  { backend.admin_storage().sessions_per_user(context, page) } -> std::same_as<Page<SessionCount>>;
  { backend.admin_storage().list_tenants(context, page) } -> std::same_as<Page<std::string>>;
  { backend.admin_storage().statistics(context) } -> std::same_as<SystemStatistics>;
  { backend.admin_storage().validate_permissions(context) } -> std::same_as<AdminPermissions>;
};

/// Removes old records of all tenants by rules.
///
///  - `apply_retention` removes what the rules of a RetentionConfig do not keep, and returns how many records that
///    were; its interval has no meaning here. A removed record is gone as if it had been removed by its own operation:
///    with its words in the full-text indexes, its contents and files, and its part of the tenant's totals; the hooks
///    for removed sessions run, and forks keep the messages that they share. It works in transactions of a bounded
///    number of records, between other calls, and tenants take turns. Ages are by the clock of the database, or of the
///    process on SQLite.
///  - What a concurrent call is changing may be left to the next time; a tenant that is being imported or erased is.
///    After a failure it goes on with other tenants and the rules for other types, and throws the first one at the end;
///    what was removed stays so.
///  - Each type is an operation of its own (`remove_old_sessions` and its neighbours), for tracers and metrics.
///  - Throws `invalid_argument` for a rule without meaning. It is administration: see AdministersTenants for what it
///    throws.
template <class T>
concept AppliesRetention = requires(T& backend, const Context& context, const RetentionConfig& config) {
  { backend.can_administer() } -> std::same_as<bool>;
  { backend.apply_retention(context, config) } -> std::same_as<RetentionReport>;
};

}  // namespace heddle
