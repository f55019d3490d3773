#pragma once

#include "heddle/context.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// What only some backends can do, as concepts. Ask a backend or a handle by the functions of
/// `heddle/capabilities.hpp`, which are the same for both. The type of a handle does not tell what is behind it, so
/// AnyBackend satisfies neither BacksUpOnline nor AdministersTenants nor SoftDeletes.
namespace heddle {

/// Tells which migrations the database lacks, with their SQL, without running them; works on an empty database.
template <class T>
concept InspectsMigrations = requires(T& backend, const Context& context) {
  { backend.pending_migrations(context) } -> std::same_as<std::vector<PendingMigration>>;
};

/// Tells the schema's version and the state of the pool, if there is one.
template <class T>
concept ReportsDetails = requires(T& backend, const Context& context) {
  { backend.details(context) } -> std::same_as<StorageDetails>;
};

/// Copies the whole database to a file while it is in use.
template <class T>
concept BacksUpOnline = requires(T& backend, const Context& context, const std::filesystem::path& target) {
  { backend.back_up(context, target) } -> std::same_as<void>;
};

/// Hides sessions, with all that hangs on them, before they are removed for good. A hidden session is absent from every
/// read, count and search until it is restored, its files stay; writes to it are `not_found`, `delete_session`
/// removes nothing, and `save_session` with its id is `failed_precondition`; a repeat of an idempotency key answers
/// what the first use answered. Hiding what is hidden and restoring what is not answers false. `purge_deleted_sessions`
/// removes what has been hidden for the grace period, for all tenants and over the administrator's connection, then
/// does for each session what `delete_session` does; it answers how many they were. It goes on after a file or hook
/// that fails, and throws the first of those failures in the end. Without that connection it is `failed_precondition`;
/// if its role does not see all tenants, `permission_denied`.
template <class T>
concept SoftDeletes = requires(T& backend, const Context& context, const std::string& id, const WriteOptions& options,
                               std::chrono::seconds grace_period) {
  { backend.session_storage().soft_delete_session(context, id, options) } -> std::same_as<bool>;
  { backend.session_storage().restore_session(context, id, options) } -> std::same_as<bool>;
  { backend.session_storage().purge_deleted_sessions(context, grace_period) } -> std::same_as<std::int64_t>;
};

/// Sees across tenants, over a connection of its own that tenants never use; `failed_precondition` if none is
/// configured, which `can_administer()` tells; `permission_denied` if its role does not see all tenants. Soft-deleted
/// sessions do not count. `validate_permissions` tells what the role of that connection lacks, instead of failing, and
/// warns the tracer.
template <class T>
concept AdministersTenants = requires(T& backend, const Context& context, const PageRequest& page) {
  { backend.can_administer() } -> std::same_as<bool>;
  { backend.admin_storage().list_sessions(context, page) } -> std::same_as<SessionOverview>;
  { backend.admin_storage().sessions_per_user(context, page) } -> std::same_as<Page<SessionCount>>;
  { backend.admin_storage().statistics(context) } -> std::same_as<SystemStatistics>;
  { backend.admin_storage().validate_permissions(context) } -> std::same_as<AdminPermissions>;
};

}  // namespace heddle
