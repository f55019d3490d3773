#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"

#include <optional>
#include <string>

namespace heddle {

/// Errors of tools, kept in full, on any backend. Satisfies ErrorStorage, which says what each operation means. Safe to
/// use from many threads.
template <class Policy, class Tracer>
class ErrorStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  explicit ErrorStore(Gateway& gateway) : gateway_(gateway) {}

  /// Keeps an error; returns its id.
  std::string store(const Context& context, const StoredError& error, const WriteOptions& options = {});
  /// Returns the error of this id; nothing if there is none.
  [[nodiscard]] std::optional<StoredError> get(const Context& context, const std::string& id);
  /// Returns the errors that pass the filter, newest first.
  [[nodiscard]] Page<StoredError> list(const Context& context, const ErrorFilter& filter = {},
                                       const PageRequest& request = {});

 private:
  Gateway& gateway_;
};

}  // namespace heddle
