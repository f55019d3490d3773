#pragma once

/// @file
/// Backups of SQLite with the files of artifacts: `backup`, `verify_backup` and `restore`.
///
///     heddle::backup(backend, context, "/backups/agents");
///     heddle::restore(context, "/backups/agents", {.database = "agents.db"});
///
/// A program that links the compiled backend finds the definitions there; for a tracer or a policy of your own include
/// `heddle/backup.ipp`. PostgreSQL has tools of its own: see `doc/production.md`.

#include "heddle/needs_cxx20.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/backend.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/backups.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/operations.hpp"
#include "heddle/sqlite/policy.hpp"
#include "heddle/tracing.hpp"

#include <filesystem>

namespace heddle {

/// Makes a backup of the whole database, and of the files of its artifacts, in a folder, while others read and write.
/// The folder is made, but not its parent; if it has a backup already, this one takes its place when it is complete,
/// and not before. One that was interrupted is not taken for a backup: the folder has the one before, or none.
///
///  - The database is as it was at one moment. The files are those that its rows name: contents of artifacts as they
///    were stored, and files in the tenants' folders that artifacts have as their path, as they are when they are
///    copied. What is removed meanwhile is kept until the backup has it. On the disk it is complete when the call
///    returns.
///  - Everything that was written is read again: `PRAGMA integrity_check`, foreign keys, the SHA-256 of each file.
///  - Files of artifacts that the folder has from an earlier backup are not copied again, and not twice if they are
///    equal. The database is always copied whole. The folder needs room for it twice.
///
/// Throws `data_loss` if the copy is damaged, or bytes of a content in the source are, see BackupOptions;
/// `failed_precondition` if the folder contains anything else or its parent does not exist, or if the database has the
/// schema of a later version; `already_exists` if a file has its name, `invalid_argument` if it lies in the artifact
/// directory, `conflict` if another call uses it, or if `erase_user` has removed files that it needs;
/// `permission_denied`, `resource_exhausted` and `unavailable` as the disk does, or if the artifact directory cannot be
/// written, what the observer throws, and what `Context::check` throws. Waits while another backup of the same artifact
/// directory runs. It holds back no call, but the write-ahead log grows while the database is copied; without one
/// (`wal`), writers wait for that.
template <class Policy, class TracerType>
BackupReport backup(Backend<Policy, TracerType>& backend, const Context& context, const std::filesystem::path& folder,
                    const BackupOptions& options = {}) {
  static_assert(concepts::CopiesDatabase<Policy>,
                "heddle: this backend cannot be backed up by Heddle; ask heddle::backups(backend), which is null then, "
                "and use the database's own tools");
  return sqlite::backups::Backup<Policy, TracerType>::make(backend, context, folder, options);
}

/// Makes backups of a backend of any type: null if its database has tools of its own for that, and for a handle if the
/// program has not compiled `heddle/backup.ipp` for it, as the compiled backend does: see
/// `sqlite::backups::Backup::compile`.
[[nodiscard]] inline erased::Backups backups(AnyBackend& backend) {
  return erased::Backups(erased::Access::transfer(backend));
}
/// The same for a backend of a known type.
template <class Policy, class TracerType>
[[nodiscard]] auto backups([[maybe_unused]] Backend<Policy, TracerType>& backend) {
  if constexpr (concepts::CopiesDatabase<Policy>) {
    sqlite::backups::Backup<Policy, TracerType>::compile();
    return erased::Backups(
        {.backups = erased::TransferRegistry<Backend<Policy, TracerType>>::backups, .backend = &backend});
  } else {
    return erased::NullView<erased::Backups>();
  }
}

/// The same as `backup` above for a handle. Throws `failed_precondition` if `backups` is null.
inline BackupReport backup(AnyBackend& backend, const Context& context, const std::filesystem::path& folder,
                           const BackupOptions& options = {}) {
  return backups(backend)->backup(context, folder, options);
}

/// Reads a backup and compares it with what it says of itself; changes nothing. Returns what the backup contains.
/// Throws `failed_precondition` if the folder has no backup that is complete, or one of a later version or of a
/// database with the schema of one, `data_loss` if it is damaged, `conflict` while one is made in it, and what reading
/// and `Context::check` throw.
inline BackupReport verify_backup(const Context& context, const std::filesystem::path& folder,
                                  BackupCheck check = BackupCheck::full, const BackupObserver& on_progress = {}) {
  return sqlite::backups::Folders<Sqlite>::verify(context, folder, check, on_progress);
}

/// Verifies a backup, then makes its database and the files of its artifacts at a new place. The database gets its name
/// last: until then there is none, and a restore that was interrupted goes on when it is called again with the same
/// arguments. Absolute paths of artifacts that lead to the former artifact directory lead to the new one then. Open it
/// with this artifact directory; the backup stays as it is.
///
/// Throws `failed_precondition` if the place is in use: a database or one of its files `-wal`, `-shm` and `-journal`,
/// or an artifact directory with anything in it; `conflict` if another call restores to it or makes a backup in the
/// folder; `invalid_argument` without a path; what `verify_backup` throws, and what writing throws.
inline RestoreReport restore(const Context& context, const std::filesystem::path& folder, const RestorePlace& place,
                             const RestoreOptions& options = {}) {
  return sqlite::backups::Folders<Sqlite>::restore(context, folder, place, options);
}

}  // namespace heddle

#ifdef HEDDLE_SQLITE_COMPILED
extern template struct heddle::sqlite::backups::Backup<heddle::Sqlite, heddle::NoTracing>;
extern template struct heddle::sqlite::backups::Folders<heddle::Sqlite>;
#else
#include "heddle/backup.ipp"
#endif
