#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {
namespace sealed_query {
template <std::same_as<QueryBudget> Budget>
class BasicQueryGate;
using QueryGate = BasicQueryGate<QueryBudget>;
}  // namespace sealed_query

/// Tables that agents query with SQL, on any backend. Satisfies ResultStorage, which specifies each operation. Many
/// threads may use it.
template <class Policy, class Tracer>
class ResultStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  ResultStore(Gateway& gateway, sealed_query::QueryGate& gate) : gateway_(gateway), gate_(gate) {}

  /// Stores a table under an id and replaces the result that has this id; returns a reference to it.
  DataReference store(const Context& context, const NewResult& result, const WriteOptions& options = {});
  /// Runs one SELECT of an agent on a result. Throws `not_found` if the result does not exist.
  [[nodiscard]] Table query(const Context& context, const std::string& id, const std::string& select,
                            const QueryLimits& limits = {});
  /// Returns the description of a result; nothing if it does not exist.
  [[nodiscard]] std::optional<ResultMetadata> metadata(const Context& context, const std::string& id);
  /// Removes a result; returns false if it does not exist.
  bool remove(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Removes the tenant's expired results; returns how many there were.
  std::int64_t expire(const Context& context, const WriteOptions& options = {});

 private:
  Gateway& gateway_;
  sealed_query::QueryGate& gate_;
};

}  // namespace heddle
