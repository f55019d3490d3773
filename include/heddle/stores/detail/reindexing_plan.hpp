// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"

#include <cstdint>

namespace heddle::stores::detail {

// Defined in reindexing.hpp and reindex_timer.hpp: a policy that keeps words in rows includes them, others do not
// compile them.
template <class Policy, class Passage>
std::int64_t reindex_rows_of_tenant(Passage& passage);
template <class Policy, class Passage>
std::int64_t reindex_rows_of_all_tenants(Passage& passage);
template <class Policy, class Gateway>
class ReindexTimer;

/// Indexes the texts of the tenant anew; returns how many.
template <class Policy, class Passage>
std::int64_t reindex_tenant(Passage& passage) {
  if constexpr (concepts::RebuildsIndex<Policy>) {
    const std::int64_t texts = passage.ask_engine([](auto& engine, const Call& call) { return engine.reindex(call); });
    passage.count(texts);
    return texts;
  } else {
    return reindex_rows_of_tenant<Policy>(passage);
  }
}

/// The same for all tenants. Throws `permission_denied` if the role of the administration does not see all tenants.
template <class Policy, class Passage>
std::int64_t reindex_all_tenants(Passage& passage) {
  if constexpr (concepts::RebuildsIndex<Policy>) {
    const std::int64_t texts =
        passage.ask_engine([](auto& engine, const Call& call) { return engine.reindex_all(call); });
    passage.count(texts);
    return texts;
  } else {
    return reindex_rows_of_all_tenants<Policy>(passage);
  }
}

}  // namespace heddle::stores::detail
