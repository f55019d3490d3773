#pragma once

#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/plain_policy.hpp"

#include <utility>

namespace support {

/// A backend that has only what StorageBackend requires, and no name.
class Plain {
 public:
  explicit Plain(heddle::sqlite::Config config = {.path = ":memory:"}) : whole_(std::move(config)) {}

  auto& session_storage() noexcept { return whole_.session_storage(); }
  auto& error_store() noexcept { return whole_.error_store(); }
  auto& artifact_store() noexcept { return whole_.artifact_store(); }
  auto& result_store() noexcept { return whole_.result_store(); }
  auto& human_request_store() noexcept { return whole_.human_request_store(); }
  auto& stream_store() noexcept { return whole_.stream_store(); }
  void migrate(const heddle::Context& context) { whole_.migrate(context); }
  void ping(const heddle::Context& context) { whole_.ping(context); }
  void close() noexcept { whole_.close(); }

 private:
  PlainBackend whole_;
};

}  // namespace support
