// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/user_erasure.hpp"
#include "heddle/time.hpp"

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace heddle {
namespace erasure {

/// Returns counts as a JSON object. Names of tables need no escapes.
[[nodiscard]] std::string counts_text(const std::same_as<std::map<std::string, std::int64_t>> auto& counts) {
  std::string text = "{";
  for (const auto& [name, count] : counts) {
    text.append(text.size() == 1 ? "\"" : ",\"").append(name).append("\":").append(std::to_string(count));
  }
  return text + "}";
}

}  // namespace erasure

/// Returns a receipt as one line of JSON, without its digest, which is the SHA-256 of this text.
[[nodiscard]] std::string receipt_text(const std::same_as<ErasureReceipt> auto& receipt) {
  const auto number = [](std::string_view name, std::int64_t value) {
    return ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  std::string tables;
  for (const std::string& table : receipt.awaits_vacuum) {
    tables.append(tables.empty() ? "\"" : ",\"").append(table).append("\"");
  }
  return R"({"tenant":")" + receipt.tenant + R"(","counts":)" + erasure::counts_text(receipt.counts) +
         number("files", receipt.files) + number("bytes", receipt.bytes) +
         number("started_at", microseconds_of(receipt.started_at)) +
         number("verified_at", microseconds_of(receipt.verified_at)) + R"(,"awaits_vacuum":[)" + tables + "]}";
}

}  // namespace heddle
