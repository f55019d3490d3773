// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/erasure/control_statements.hpp"
#include "heddle/erasure/receipt_text.hpp"
#include "heddle/erasure/tables.hpp"
#include "heddle/error.hpp"
#include "heddle/model/user_erasure.hpp"

#include <rapidjson/document.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::erasure {

/// What stands for a tenant and its idempotency keys in receipts, and the receipts in rows. A template only so that
/// files that erase nothing do not compile it.
template <class Text>
class BasicReceipts {
 public:
  explicit BasicReceipts(Text user) : user_(user), tenant_(digest_of(std::string(user))) {}

  /// Returns the digest of the tenant. The policy of the table on PostgreSQL computes the same.
  [[nodiscard]] const std::string& tenant() const noexcept { return tenant_; }

  /// Returns what stands for a key, which can have the name of the tenant. No user has a zero byte.
  [[nodiscard]] std::string key_of(Text key) const { return digest_of(std::string(user_).append(1, '\0').append(key)); }

  /// Returns the receipt in a row. Where bytes leave the files with the erasure, nothing is left to a vacuum.
  template <bool BytesAreGone>
  [[nodiscard]] ErasureReceipt receipt_of(const ReceiptRow& row) const {
    ErasureReceipt receipt;
    receipt.tenant = tenant_;
    rapidjson::Document counts;
    counts.Parse(row.counts.data(), row.counts.size());
    if (counts.HasParseError() || !counts.IsObject()) { throw damaged(); }
    // Const: of the others, clang takes a comparison of their iterators in C++20 for ambiguous.
    for (const auto& count : std::as_const(counts).GetObject()) {
      if (!count.value.IsInt64()) { throw damaged(); }
      receipt.counts.emplace(std::string(count.name.GetString(), count.name.GetStringLength()), count.value.GetInt64());
    }
    receipt.files = row.files;
    receipt.bytes = row.bytes;
    receipt.started_at = row.started_at;
    receipt.verified_at = row.verified_at;
    if constexpr (!BytesAreGone) {
      for (const auto& count : receipt.counts) { receipt.awaits_vacuum.push_back(count.first); }
      // These name the tenant, too.
      for (const char* table : {"imports", "erasures", "erasure_counts"}) { receipt.awaits_vacuum.emplace_back(table); }
    }
    receipt.digest = digest_of(receipt_text(receipt));
    if (row.digest && *row.digest != receipt.digest) { throw damaged(); }
    return receipt;
  }

 private:
  static std::string digest_of(const std::string& text) {
    return heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(text)));
  }
  static Error damaged() { return {ErrorCode::data_loss, "the receipt of the erasure is damaged"}; }

  Text user_;
  std::string tenant_;
};

using Receipts = BasicReceipts<std::string_view>;

}  // namespace heddle::erasure
