#pragma once

#include "heddle/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heddle {

/// How far an erasure has come.
struct ErasureProgress {
  std::int64_t removed = 0;  ///< rows that this call has removed, without those that others took with them
};

/// Takes the progress of an erasure, in its thread, between two transactions. What it throws leaves the erasure, which
/// can go on later.
using ErasureObserver = std::function<void(const ErasureProgress& progress)>;

/// Options of `erase_user`.
struct ErasureOptions {
  /// Names the erasure: a call with the same key goes on with it, and returns its receipt when it has ended. At most
  /// `limits::id` bytes. Empty: the call ends the erasure of the tenant that has not ended, whatever its key, or makes
  /// a new one.
  std::string idempotency_key{};
  /// On SQLite, what is deleted or replaced without `secure_delete` stays in free parts of the file. If true, the whole
  /// file is written anew, so that what the tenant had removed before the erasure leaves it, too: that takes as much
  /// space again, and other writes wait meanwhile. If false, only what the erasure removes is known to be gone: enough
  /// for a file that was never written without `secure_delete`. No effect on PostgreSQL.
  bool rewrite_file = true;
  ErasureObserver on_progress{};  ///< called after each transaction that removed something
};

/// What an erasure has done. It has nothing of the tenant but a digest, which tells who knows the id that it is this
/// one.
struct ErasureReceipt {
  std::string tenant{};                          ///< SHA-256 of the user id, lower-case hexadecimal
  std::map<std::string, std::int64_t> counts{};  ///< the rows that were removed, by table
  std::int64_t files = 0;                        ///< files of the tenant in the artifact directory
  std::int64_t bytes = 0;                        ///< of these files
  Timestamp started_at{};
  /// Nothing of the tenant that was committed before this time was left then. What was committed later is new data. By
  /// the clock of the server on PostgreSQL.
  Timestamp verified_at{};
  /// The tables whose files on disk have rows that this erasure has removed, until VACUUM has processed and other rows
  /// have overwritten them, or until VACUUM FULL writes them anew. Empty on SQLite: there the bytes have left all
  /// files.
  std::vector<std::string> awaits_vacuum{};
  std::string digest{};  ///< SHA-256 of `receipt_text`, lower-case hexadecimal

  friend bool operator==(const ErasureReceipt&, const ErasureReceipt&) = default;
};

}  // namespace heddle
