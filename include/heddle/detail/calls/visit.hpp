// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <concepts>

namespace heddle::detail::calls {

/// Calls `visit` with a row. Returns false if it returned false, to end the visit.
template <class Visit, class Row>
bool goes_on(Visit& visit, const Row& row) {
  if constexpr (std::same_as<decltype(visit(row)), bool>) {
    return visit(row);
  } else {
    visit(row);
    return true;
  }
}

}  // namespace heddle::detail::calls
