// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.hpp"
#include "heddle/context.hpp"
#include "heddle/model/backup.hpp"

#include <filesystem>

namespace heddle::sqlite::backups {

/// The operation on a backend of a known type.
template <class Policy, class TracerType>
struct Backup {
  static BackupReport make(Backend<Policy, TracerType>& backend, const Context& context,
                           const std::filesystem::path& folder, const BackupOptions& options);

  /// Makes handles on such backends have this operation, from before `main` on. Need not be called: it is enough that a
  /// file compiles the call, or the one above.
  static void compile() noexcept;
};

/// The operations on the folder of a backup, which need no backend.
template <class Policy>
struct Folders {
  static BackupReport verify(const Context& context, const std::filesystem::path& folder, BackupCheck check,
                             const BackupObserver& on_progress);
  static RestoreReport restore(const Context& context, const std::filesystem::path& folder, const RestorePlace& place,
                               const RestoreOptions& options);
};

}  // namespace heddle::sqlite::backups
