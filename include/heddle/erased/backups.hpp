#pragma once

#include "heddle/context.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/erased/transfer_hook.hpp"
#include "heddle/model/backup.hpp"

#include <filesystem>

namespace heddle::erased {

/// What Backups calls.
struct BackupFunctions {
  BackupReport (*backup)(void* backend, const Context& context, const std::filesystem::path& folder,
                         const BackupOptions& options);
};

/// Makes backups of the backend in a handle; see `heddle/backup.hpp`. A view, which is null if the program has not the
/// functions for this backend, or there are none, as for PostgreSQL; it must not outlive the backend.
class Backups {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description =
      "be backed up by Heddle: use the tools of the database, or compile heddle/backup.ipp for it";
  static constexpr bool possible = true;

  /// Views this backend.
  explicit Backups(const TransferHook& hook) noexcept : hook_(hook) {}

  /// True if `backup` can be called; else it throws `failed_precondition`.
  [[nodiscard]] explicit operator bool() const noexcept { return hook_.backups != nullptr; }
  /// Returns itself, so that it is used like the other views.
  [[nodiscard]] const Backups* operator->() const noexcept { return this; }

  /// See `heddle::backup`.
  // NOLINTNEXTLINE(modernize-use-nodiscard): the backup is the result
  BackupReport backup(const Context& context, const std::filesystem::path& folder,
                      const BackupOptions& options = {}) const {
    if (hook_.backups == nullptr) { refuse_missing(description); }
    return hook_.backups->backup(hook_.backend, context, folder, options);
  }

 private:
  TransferHook hook_;
};

}  // namespace heddle::erased
