#pragma once

namespace heddle::erased {

struct UserTransferFunctions;

/// The functions that move tenants of a backend in and out; null if the program has them not. See UserTransfer.
struct TransferHook {
  const UserTransferFunctions* functions;
  void* backend;
};

/// The functions for backends of one type. `heddle/transfer.ipp` sets them where it is compiled for that type, so that
/// a file that only holds the backend in a handle compiles nothing of them.
template <class Backend>
struct TransferRegistry {
  static inline const UserTransferFunctions* functions = nullptr;
};

}  // namespace heddle::erased
