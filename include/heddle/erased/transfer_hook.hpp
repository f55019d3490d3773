#pragma once

namespace heddle::erased {

struct UserTransferFunctions;
struct UserErasureFunctions;
struct BackupFunctions;

/// What a program can do with a backend beyond its stores, if it has compiled it: the functions that move tenants in
/// and out, those that erase them, and those that make backups; null if it has not. See UserTransfer, UserErasure and
/// Backups.
struct TransferHook {
  const UserTransferFunctions* functions = nullptr;
  const UserErasureFunctions* erasure = nullptr;
  const BackupFunctions* backups = nullptr;
  void* backend = nullptr;
};

/// The functions for backends of one type. `heddle/transfer.ipp`, `heddle/erasure.ipp` and `heddle/backup.ipp` set them
/// where they are compiled for that type, so that a file that only holds the backend in a handle compiles nothing of
/// them.
template <class Backend>
struct TransferRegistry {
  static inline const UserTransferFunctions* functions = nullptr;
  static inline const UserErasureFunctions* erasure = nullptr;
  static inline const BackupFunctions* backups = nullptr;
};

}  // namespace heddle::erased
