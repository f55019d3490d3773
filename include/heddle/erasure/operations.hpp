// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.hpp"
#include "heddle/context.hpp"
#include "heddle/model/user_erasure.hpp"

namespace heddle::erasure {

/// The operation on a backend of a known type. Not for users: see `heddle::erase_user`.
template <class Policy, class TracerType>
struct Erasure {
  static ErasureReceipt erase_user(Backend<Policy, TracerType>& backend, const Context& context,
                                   const ErasureOptions& options);

  /// Makes handles on such backends have this operation, from before `main` on. Need not be called: it is enough that a
  /// file compiles the call, or the one above.
  static void compile() noexcept;
};

}  // namespace heddle::erasure
