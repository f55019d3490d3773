#pragma once

#include "heddle/concepts/error_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace heddle::erased {

/// The error store of any backend; satisfies ErrorStorage, which specifies each operation. Many threads may use it.
class Errors : public Interface {
 public:
  /// @name Operations, which ErrorStorage specifies
  ///@{
  virtual std::string store(const Context& context, const StoredError& error, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual std::optional<StoredError> get(const Context& context, const std::string& id) = 0;
  [[nodiscard]] virtual Page<StoredError> list(const Context& context, const ErrorFilter& filter = {},
                                               const PageRequest& page = {}) = 0;
  virtual bool remove(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual std::int64_t prune(const Context& context, const ErrorRetention& retention,
                             const WriteOptions& options = {}) = 0;
  ///@}
};

/// Implements `Errors` with an error store: a reference to it, or a proxy that is stored here.
template <class Store>
class ErrorsModel final : public Errors {
 public:
  explicit ErrorsModel(Store store) : store_(std::forward<Store>(store)) {}

  std::string store(const Context& context, const StoredError& error, const WriteOptions& options) override {
    return store_.store(context, error, options);
  }
  std::optional<StoredError> get(const Context& context, const std::string& id) override {
    return store_.get(context, id);
  }
  Page<StoredError> list(const Context& context, const ErrorFilter& filter, const PageRequest& page) override {
    return store_.list(context, filter, page);
  }
  bool remove(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.remove(context, id, options);
  }
  std::int64_t prune(const Context& context, const ErrorRetention& retention, const WriteOptions& options) override {
    return store_.prune(context, retention, options);
  }

 private:
  Store store_;
};

}  // namespace heddle::erased
