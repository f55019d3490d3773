// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.ipp"
#include "heddle/call.hpp"
#include "heddle/erased/backups.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/backups/bytes.hpp"
#include "heddle/sqlite/backups/operations.hpp"
#include "heddle/sqlite/backups/restorer.hpp"
#include "heddle/sqlite/backups/verifier.hpp"
#include "heddle/sqlite/backups/writer.hpp"
#include "heddle/validation/text.hpp"

#include <filesystem>
#include <string>

namespace heddle::sqlite::backups {

/// Runs `work`; what the system refuses says then what was to be done, and where.
template <class Work>
auto say_where(const char* doing, const std::filesystem::path& where, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    const bool is_of_system = error.code() == ErrorCode::resource_exhausted ||
                              error.code() == ErrorCode::permission_denied || error.code() == ErrorCode::unavailable;
    if (!is_of_system) { throw; }
    throw Error(error.code(), std::string(doing) + where.string() + ": " + error.what(), error.native_code());
  }
}

/// The way into a backend.
struct Access {
  template <class Policy, class TracerType>
  static auto& gateway(Backend<Policy, TracerType>& backend) noexcept {
    return backend.parts_->gateway;
  }
};

/// Sets the function of the handles on such backends.
template <class Policy, class TracerType>
struct Registration {
  using B = Backend<Policy, TracerType>;

  static inline const erased::BackupFunctions functions{
      [](void* backend, const Context& context, const std::filesystem::path& folder, const BackupOptions& options) {
        return Backup<Policy, TracerType>::make(*static_cast<B*>(backend), context, folder, options);
      }};
  static inline const bool is_done = []() noexcept {
    erased::TransferRegistry<B>::backups = &functions;
    return true;
  }();
};

template <class Policy, class TracerType>
void Backup<Policy, TracerType>::compile() noexcept {
  static_cast<void>(&Registration<Policy, TracerType>::is_done);
}

template <class Policy, class TracerType>
BackupReport Backup<Policy, TracerType>::make(Backend<Policy, TracerType>& backend, const Context& context,
                                              const std::filesystem::path& folder, const BackupOptions& options) {
  compile();
  return Access::gateway(backend).manage(context, Operation::back_up, [&](auto& passage) {
    validation::check("options.check", options.check);
    return passage.ask_engine([&](auto& engine, const Call& call) {
      return say_where("backing up to ", folder,
                       [&] { return BackupWriter<Policy>(engine, call, folder, options).run(); });
    });
  });
}

template <class Policy>
BackupReport Folders<Policy>::verify(const Context& context, const std::filesystem::path& folder, BackupCheck check,
                                     const BackupObserver& on_progress) {
  validation::check("check", check);
  context.check();
  return say_where("verifying the backup in ", folder, [&] {
    const BackupFolder backup = BackupFolder::open(folder);
    const Description description = backup.description();
    Progress progress(context, on_progress);
    Verifier(backup, description, check, progress).run();
    return description.report;
  });
}

template <class Policy>
RestoreReport Folders<Policy>::restore(const Context& context, const std::filesystem::path& folder,
                                       const RestorePlace& place, const RestoreOptions& options) {
  validation::check("options.check", options.check);
  context.check();
  return say_where("restoring a backup to ", place.database,
                   [&] { return Restorer(folder, place, context, options).run(); });
}

}  // namespace heddle::sqlite::backups
