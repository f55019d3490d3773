// Private: may change in every version; public headers include it where it is needed.
#pragma once

namespace heddle::stores::detail {

/// Makes the program have the parts of a policy that split texts into words, if these are compiled only on demand. To
/// be called by operations that search, that change artifacts, or that remove or replace messages: it is enough that a
/// file compiles the call.
template <class Policy>
void compile_search_parts() noexcept {
  if constexpr (requires { typename Policy::SearchParts; }) { Policy::SearchParts::compile(); }
}

}  // namespace heddle::stores::detail
