#pragma once

#include "heddle/context.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/model/migration_status.hpp"
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
/// satisfies neither BacksUpOnline nor IndexesAnew nor Scrubs nor AdministersTenants nor SoftDeletes.
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

}  // namespace heddle
