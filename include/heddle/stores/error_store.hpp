#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Errors of tools, stored in full, on any backend. Satisfies ErrorStorage, which specifies each operation. Many
/// threads may use it.
template <class Policy, class Tracer>
class ErrorStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  explicit ErrorStore(Gateway& gateway) : gateway_(gateway) {}

  /// Stores an error; returns its id.
  std::string store(const Context& context, const StoredError& error, const WriteOptions& options = {});
  /// Returns the error with this id; nothing if it does not exist.
  [[nodiscard]] std::optional<StoredError> get(const Context& context, const std::string& id);
  /// Returns the errors that match the filter, newest first.
  [[nodiscard]] Page<StoredError> list(const Context& context, const ErrorFilter& filter = {},
                                       const PageRequest& request = {});
  /// Removes an error; returns false if it does not exist.
  bool remove(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Removes the errors that the retention does not keep; returns how many there were.
  std::int64_t prune(const Context& context, const ErrorRetention& retention, const WriteOptions& options = {});

 private:
  Gateway& gateway_;
};

}  // namespace heddle
