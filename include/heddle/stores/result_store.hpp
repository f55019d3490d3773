#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/result_writer.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  ResultStore(Gateway& gateway, sealed_query::QueryGate& gate, std::int64_t quota_bytes)
      : gateway_(gateway), gate_(gate), quota_bytes_(quota_bytes) {}

  /// Stores a table under an id and replaces the result that has this id; returns a reference to it.
  DataReference store(const Context& context, const NewResult& result, const WriteOptions& options = {});
  /// Begins a result whose rows come one by one; `result` has the columns and the first rows.
  [[nodiscard]] ResultWriter write(const Context& context, const NewResult& result, const WriteOptions& options = {});
  /// Runs one SELECT of an agent on a result. Throws `not_found` if the result does not exist.
  [[nodiscard]] Table query(const Context& context, const std::string& id, const std::string& select,
                            const QueryLimits& limits = {});
  /// The same with values for the parameters of the SQL.
  [[nodiscard]] Table query(const Context& context, const std::string& id, const std::string& select,
                            const QueryLimits& limits, const QueryParameters& parameters);
  /// Returns the description of a result; nothing if it does not exist.
  [[nodiscard]] std::optional<ResultMetadata> metadata(const Context& context, const std::string& id);
  /// Returns the descriptions of the tenant's results, newest first.
  [[nodiscard]] Page<ResultMetadata> list(const Context& context, const PageRequest& request = {});
  /// Removes a result; returns false if it does not exist.
  bool remove(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Removes the tenant's expired results; returns how many there were.
  std::int64_t expire(const Context& context, const WriteOptions& options = {});
  /// Removes the expired results of all tenants; returns how many there were. The backend does it by itself; see
  /// ResultSettings. Needs the connection of administration, where row security keeps others from the rows of all
  /// tenants; on SQLite it does not need `administer_tenants`, because its timer runs in every backend: it removes only
  /// what no call can read any more, and returns nothing of other tenants but the number.
  std::int64_t purge_expired(const Context& context = {});

 private:
  /// What a ResultWriter fills.
  class Writing;

  /// Stores an image with its description, at most once.
  template <class Passage, class Fingerprint>
  DataReference put(Passage& passage, const ResultMetadata& metadata, const std::vector<std::byte>& image,
                    const WriteOptions& options, Fingerprint&& fingerprint);

  Gateway& gateway_;
  sealed_query::QueryGate& gate_;
  std::int64_t quota_bytes_;
};

}  // namespace heddle
