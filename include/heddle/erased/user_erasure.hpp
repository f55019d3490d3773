#pragma once

#include "heddle/context.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/erased/transfer_hook.hpp"
#include "heddle/model/user_erasure.hpp"

namespace heddle::erased {

/// What UserErasure calls.
struct UserErasureFunctions {
  ErasureReceipt (*erase_user)(void* backend, const Context& context, const ErasureOptions& options);
};

/// Erases tenants of the backend in a handle; see `heddle/erasure.hpp`. A view, which is null if the program has not
/// the function for this backend; it must not outlive the backend.
class UserErasure {
 public:
  /// Views this backend.
  explicit UserErasure(const TransferHook& hook) noexcept : hook_(hook) {}

  /// True if the operation can be called; else it throws `failed_precondition`.
  [[nodiscard]] explicit operator bool() const noexcept { return hook_.erasure != nullptr; }
  /// Returns itself, so that it is used like the other views.
  [[nodiscard]] const UserErasure* operator->() const noexcept { return this; }

  /// See `heddle::erase_user`.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  ErasureReceipt erase_user(const Context& context, const ErasureOptions& options = {}) const {
    if (hook_.erasure == nullptr) { refuse_missing("erase tenants: compile heddle/erasure.ipp for it"); }
    return hook_.erasure->erase_user(hook_.backend, context, options);
  }

 private:
  TransferHook hook_;
};

}  // namespace heddle::erased
