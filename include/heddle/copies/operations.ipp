// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.ipp"
#include "heddle/call.hpp"
#include "heddle/copies/backup_folder.hpp"
#include "heddle/copies/bytes.hpp"
#include "heddle/copies/operations.hpp"
#include "heddle/copies/restorer.hpp"
#include "heddle/copies/verifier.hpp"
#include "heddle/copies/writer.hpp"
#include "heddle/erased/backups.hpp"
#include "heddle/operation.hpp"
#include "heddle/validation/text.hpp"

namespace heddle::copies {

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
        return Copies<Policy, TracerType>::backup(*static_cast<B*>(backend), context, folder, options);
      }};
  static inline const bool is_done = []() noexcept {
    erased::TransferRegistry<B>::backups = &functions;
    return true;
  }();
};

template <class Policy, class TracerType>
void Copies<Policy, TracerType>::compile() noexcept {
  static_cast<void>(&Registration<Policy, TracerType>::is_done);
}

template <class Policy, class TracerType>
BackupReport Copies<Policy, TracerType>::backup(Backend<Policy, TracerType>& backend, const Context& context,
                                                const std::filesystem::path& folder, const BackupOptions& options) {
  compile();
  return Access::gateway(backend).manage(context, Operation::back_up, [&](auto& passage) {
    validation::check("options.check", options.check);
    return passage.ask_engine(
        [&](auto& engine, const Call& call) { return BackupWriter<Policy>(engine, call, folder, options).run(); });
  });
}

template <class Policy>
BackupReport Folders<Policy>::verify(const Context& context, const std::filesystem::path& folder, BackupCheck check,
                                     const BackupObserver& on_progress) {
  validation::check("check", check);
  context.check();
  const BackupFolder backup = BackupFolder::open(folder);
  const Description description = backup.description();
  Progress progress(context, on_progress);
  Verifier(backup, description, check, progress).run();
  return description.report;
}

template <class Policy>
RestoreReport Folders<Policy>::restore(const Context& context, const std::filesystem::path& folder,
                                       const RestorePlace& place, const RestoreOptions& options) {
  validation::check("options.check", options.check);
  context.check();
  return Restorer(folder, place, context, options).run();
}

}  // namespace heddle::copies
