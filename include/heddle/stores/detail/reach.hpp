// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"

namespace heddle::stores::detail {

/// True if each transaction of the engine can reach the rows of all tenants; else only those of its administration can.
template <class Policy>
inline constexpr bool reaches_all_tenants = requires {
  requires Policy::Engine::reaches_all_tenants;
}
|| !concepts::Administers<Policy>;

}  // namespace heddle::stores::detail
