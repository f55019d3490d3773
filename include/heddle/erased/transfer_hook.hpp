#pragma once

namespace heddle::erased {

struct UserTransferFunctions;
struct UserErasureFunctions;

/// The functions that move tenants of a backend in and out, and those that erase them; null if the program has them
/// not. See UserTransfer and UserErasure.
struct TransferHook {
  const UserTransferFunctions* functions;
  const UserErasureFunctions* erasure;
  void* backend;
};

/// The functions for backends of one type. `heddle/transfer.ipp` and `heddle/erasure.ipp` set them where they are
/// compiled for that type, so that a file that only holds the backend in a handle compiles nothing of them.
template <class Backend>
struct TransferRegistry {
  static inline const UserTransferFunctions* functions = nullptr;
  static inline const UserErasureFunctions* erasure = nullptr;
};

}  // namespace heddle::erased
