#pragma once

#include "heddle/concepts/result_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/result_writer.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace heddle::erased {

/// The result store of any backend; satisfies ResultStorage, which specifies each operation. Many threads may use it.
class Results : public Interface {
 public:
  /// @name Operations, which ResultStorage specifies
  ///@{
  virtual DataReference store(const Context& context, const NewResult& result, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual ResultWriter write(const Context& context, const NewResult& result,
                                           const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual Table query(const Context& context, const std::string& id, const std::string& sql,
                                    const QueryLimits& limits = {}) = 0;
  [[nodiscard]] virtual Table query(const Context& context, const std::string& id, const std::string& sql,
                                    const QueryLimits& limits, const QueryParameters& parameters) = 0;
  [[nodiscard]] virtual std::optional<ResultMetadata> metadata(const Context& context, const std::string& id) = 0;
  [[nodiscard]] virtual Page<ResultMetadata> list(const Context& context, const PageRequest& page = {}) = 0;
  virtual bool remove(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual std::int64_t expire(const Context& context, const WriteOptions& options = {}) = 0;
  ///@}
};

/// Implements `Results` with a result store: a reference to it, or a proxy that is stored here.
template <class Store>
class ResultsModel final : public Results {
 public:
  explicit ResultsModel(Store store) : store_(std::forward<Store>(store)) {}

  DataReference store(const Context& context, const NewResult& result, const WriteOptions& options) override {
    return store_.store(context, result, options);
  }
  ResultWriter write(const Context& context, const NewResult& result, const WriteOptions& options) override {
    return store_.write(context, result, options);
  }
  Table query(const Context& context, const std::string& id, const std::string& sql,
              const QueryLimits& limits) override {
    return store_.query(context, id, sql, limits);
  }
  Table query(const Context& context, const std::string& id, const std::string& sql, const QueryLimits& limits,
              const QueryParameters& parameters) override {
    return store_.query(context, id, sql, limits, parameters);
  }
  std::optional<ResultMetadata> metadata(const Context& context, const std::string& id) override {
    return store_.metadata(context, id);
  }
  Page<ResultMetadata> list(const Context& context, const PageRequest& page) override {
    return store_.list(context, page);
  }
  bool remove(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.remove(context, id, options);
  }
  std::int64_t expire(const Context& context, const WriteOptions& options) override {
    return store_.expire(context, options);
  }

 private:
  Store store_;
};

}  // namespace heddle::erased
