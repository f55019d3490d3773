// Private: may change in every version; public headers include it where it is needed.
#pragma once

namespace heddle::detail::calls {

// A declaration for classes that only refer to it.
template <class Policy, class TracerType>
class Gateway;

}  // namespace heddle::detail::calls
