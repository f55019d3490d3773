// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.ipp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/erased/user_erasure.hpp"
#include "heddle/erasure/eraser.hpp"
#include "heddle/erasure/operations.hpp"
#include "heddle/operation.hpp"
#include "heddle/stores/detail/search_parts.hpp"

#include <type_traits>

namespace heddle::erasure {

/// The way into a backend.
struct Access {
  template <class Policy, class TracerType>
  static auto& gateway(Backend<Policy, TracerType>& backend) noexcept {
    return backend.parts_->gateway;
  }
  template <class Policy, class TracerType>
  static auto& hooks(Backend<Policy, TracerType>& backend) noexcept {
    return backend.parts_->sessions.hooks_;
  }
};

/// Sets the function of the handles on such backends.
template <class Policy, class TracerType>
struct Registration {
  using B = Backend<Policy, TracerType>;

  static inline const erased::UserErasureFunctions functions{
      [](void* backend, const Context& context, const ErasureOptions& options) {
        return Erasure<Policy, TracerType>::erase_user(*static_cast<B*>(backend), context, options);
      }};
  static inline const bool is_done = []() noexcept {
    erased::TransferRegistry<B>::erasure = &functions;
    return true;
  }();
};

template <class Policy, class TracerType>
void Erasure<Policy, TracerType>::compile() noexcept {
  static_assert(
      concepts::MovesUsers<Policy>,
      "heddle: this backend cannot erase tenants: its dialect names no `Language`, see policy_capabilities.hpp");
  static_cast<void>(&Registration<Policy, TracerType>::is_done);
}

template <class Policy, class TracerType>
ErasureReceipt Erasure<Policy, TracerType>::erase_user(Backend<Policy, TracerType>& backend, const Context& context,
                                                       const ErasureOptions& options) {
  compile();
  stores::detail::compile_search_parts<Policy>();
  return Access::gateway(backend).run(context, Operation::erase_user, [&](auto& passage) {
    return Eraser<Policy, std::remove_reference_t<decltype(passage)>>(passage, Access::hooks(backend), options).run();
  });
}

}  // namespace heddle::erasure
