// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.ipp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/erased/user_transfer.hpp"
#include "heddle/operation.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/transfer/abort.hpp"
#include "heddle/transfer/exporter.hpp"
#include "heddle/transfer/importer.hpp"
#include "heddle/transfer/operations.hpp"
#include "heddle/transfer/stream_reader.hpp"

#include <type_traits>

namespace heddle::transfer {

/// The way into a backend.
struct Access {
  template <class Policy, class TracerType>
  static auto& gateway(Backend<Policy, TracerType>& backend) noexcept {
    return backend.parts_->gateway;
  }
};

/// Sets the functions of the handles on such backends.
template <class Policy, class TracerType>
struct Registration {
  using B = Backend<Policy, TracerType>;
  using Functions = Transfer<Policy, TracerType>;

  static inline const erased::UserTransferFunctions functions{
      [](void* backend, const Context& context, const ExportSink& sink, const ExportOptions& options) {
        return Functions::export_user(*static_cast<B*>(backend), context, sink, options);
      },
      [](void* backend, const Context& context, const ContentSource& source, const ImportOptions& options) {
        return Functions::import_user(*static_cast<B*>(backend), context, source, options);
      },
      [](void* backend, const Context& context) {
        return Functions::abort_import(*static_cast<B*>(backend), context);
      }};
  static inline const bool is_done = []() noexcept {
    erased::TransferRegistry<B>::functions = &functions;
    return true;
  }();
};

template <class Policy, class TracerType>
void Transfer<Policy, TracerType>::compile() noexcept {
  static_assert(
      concepts::MovesUsers<Policy>,
      "heddle: this backend cannot move tenants: its dialect names no `Language`, see policy_capabilities.hpp");
  static_cast<void>(&Registration<Policy, TracerType>::is_done);
}

template <class Policy, class TracerType>
ExportReport Transfer<Policy, TracerType>::export_user(Backend<Policy, TracerType>& backend, const Context& context,
                                                       const ExportSink& sink, const ExportOptions& options) {
  compile();
  return Access::gateway(backend).run(context, Operation::export_user, [&](auto& passage) {
    return Exporter<Policy, std::remove_reference_t<decltype(passage)>>(passage, sink, options).run();
  });
}

template <class Policy, class TracerType>
ImportReport Transfer<Policy, TracerType>::import_user(Backend<Policy, TracerType>& backend, const Context& context,
                                                       const ContentSource& source, const ImportOptions& options) {
  compile();
  stores::detail::compile_search_parts<Policy>();
  return Access::gateway(backend).run(context, Operation::import_user, [&](auto& passage) {
    using Source = StreamBytes<ContentSource>;
    Source bytes(source, context);
    return Importer<Policy, std::remove_reference_t<decltype(passage)>, Source>(passage, bytes, options).run();
  });
}

template <class Policy, class TracerType>
bool Transfer<Policy, TracerType>::abort_import(Backend<Policy, TracerType>& backend, const Context& context) {
  compile();
  stores::detail::compile_search_parts<Policy>();
  return Access::gateway(backend).run(context, Operation::abort_import,
                                      [](auto& passage) { return transfer::abort<Policy>(passage); });
}

}  // namespace heddle::transfer
