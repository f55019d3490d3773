// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

/// What a search asks the full-text index for. The user is the parameter ?1, the terms of the query are ?2.
namespace heddle::sqlite::asked_terms {

/// WITH: the number of the tenant, how much each term counts, and the query of FTS5. Materialized, so that each is made
/// once. `more_arguments` are those of `term_weights` behind the terms.
[[nodiscard]] inline std::string with(std::string_view more_arguments = {}) {
  return std::string("weighed AS MATERIALIZED (SELECT number, term_weights(number, ?2")
      .append(more_arguments)
      .append(
          ") AS weights FROM tenants WHERE user_id = ?1), asked AS MATERIALIZED (SELECT weights, "
          "message_query(number, ?2, weights) AS words FROM weighed)");
}

/// How much each term counts.
[[nodiscard]] inline std::string weights() { return "(SELECT weights FROM asked)"; }

/// The query of FTS5. An empty phrase matches nothing.
[[nodiscard]] inline std::string words() { return "coalesce((SELECT words FROM asked), '\"\"')"; }

}  // namespace heddle::sqlite::asked_terms
