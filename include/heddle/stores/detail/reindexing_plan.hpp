// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstdint>

namespace heddle::stores::detail {

// Defined in reindexing.hpp and reindex_timer.hpp: a policy that keeps words in rows includes them, others do not
// compile them.
template <class Policy, class Passage>
std::int64_t reindex_tenant(Passage& passage);
template <class Policy, class Passage>
std::int64_t reindex_all_tenants(Passage& passage);
template <class Policy, class Gateway>
class ReindexTimer;

}  // namespace heddle::stores::detail
