#pragma once

#include "heddle/context.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/erased/transfer_hook.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/model/user_transfer.hpp"

namespace heddle::erased {

/// What UserTransfer calls.
struct UserTransferFunctions {
  ExportReport (*export_user)(void* backend, const Context& context, const ExportSink& sink,
                              const ExportOptions& options);
  ImportReport (*import_user)(void* backend, const Context& context, const ContentSource& source,
                              const ImportOptions& options);
  bool (*abort_import)(void* backend, const Context& context);
};

/// Moves a tenant of the backend in a handle out and in; see `heddle/transfer.hpp`. A view, which is null if the
/// program has not the functions for this backend; it must not outlive the backend.
class UserTransfer {
 public:
  /// Views this backend.
  explicit UserTransfer(const TransferHook& hook) noexcept : hook_(hook) {}

  /// True if the operations can be called; else they throw `failed_precondition`.
  [[nodiscard]] explicit operator bool() const noexcept { return hook_.functions != nullptr; }
  /// Returns itself, so that it is used like the other views.
  [[nodiscard]] const UserTransfer* operator->() const noexcept { return this; }

  /// See `heddle::export_user`.
  // NOLINTNEXTLINE(modernize-use-nodiscard): the stream is the result
  ExportReport export_user(const Context& context, const ExportSink& sink, const ExportOptions& options = {}) const {
    return functions().export_user(hook_.backend, context, sink, options);
  }
  /// See `heddle::import_user`.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  ImportReport import_user(const Context& context, const ContentSource& source,
                           const ImportOptions& options = {}) const {
    return functions().import_user(hook_.backend, context, source, options);
  }
  /// See `heddle::abort_import`.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  bool abort_import(const Context& context) const { return functions().abort_import(hook_.backend, context); }

 private:
  [[nodiscard]] const UserTransferFunctions& functions() const {
    if (hook_.functions == nullptr) { refuse_missing("move tenants: compile heddle/transfer.ipp for it"); }
    return *hook_.functions;
  }

  TransferHook hook_;
};

}  // namespace heddle::erased
