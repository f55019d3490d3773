// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

/// What a search asks the full-text index for. The user is the parameter ?1, the terms of the query are ?2. A search
/// that asks by the rules of several versions of the analysis has a name for each.
namespace heddle::sqlite::asked_terms {

/// WITH: the number of the tenant, how much each term counts, and the query of FTS5. Materialized, so that each is made
/// once. `analysis` is an expression for the version of the analysis; if that is null, nothing is found. `is_ranked` is
/// one for whether `search_rank` is called.
[[nodiscard]] inline std::string with(std::string_view name, std::string_view analysis, std::string_view index,
                                      std::string_view is_ranked) {
  std::string with = "weighed";
  with.append(name).append(" AS MATERIALIZED (SELECT number, term_weights(number, ?2, ").append(analysis);
  with.append(", '").append(index).append("') AS weights FROM tenants WHERE user_id = ?1 AND ").append(analysis);
  with.append(" IS NOT NULL), asked").append(name);
  return with.append(" AS MATERIALIZED (SELECT weights, message_query(number, ?2, weights, ")
      .append(is_ranked)
      .append(") AS words FROM weighed")
      .append(name)
      .append(")");
}

/// How much each term counts.
[[nodiscard]] inline std::string weights(std::string_view name = {}) {
  return std::string("(SELECT weights FROM asked").append(name).append(")");
}

/// The query of FTS5. An empty phrase matches nothing.
[[nodiscard]] inline std::string words(std::string_view name = {}) {
  return std::string("coalesce((SELECT words FROM asked").append(name).append("), '\"\"')");
}

}  // namespace heddle::sqlite::asked_terms
