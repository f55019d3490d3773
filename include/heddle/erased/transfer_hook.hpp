#pragma once

namespace heddle::erased {

struct UserTransferFunctions;
struct BackupFunctions;

/// What a program can do with a backend beyond its stores, if it has compiled it: the functions that move tenants in
/// and out, and those that make backups; null if it has not. See UserTransfer and Backups.
struct TransferHook {
  const UserTransferFunctions* functions = nullptr;
  void* backend = nullptr;
  const BackupFunctions* backups = nullptr;
};

/// The functions for backends of one type. `heddle/transfer.ipp` and `heddle/backup.ipp` set them where they are
/// compiled for that type, so that a file that only holds the backend in a handle compiles nothing of them.
template <class Backend>
struct TransferRegistry {
  static inline const UserTransferFunctions* functions = nullptr;
  static inline const BackupFunctions* backups = nullptr;
};

}  // namespace heddle::erased
