// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.hpp"
#include "heddle/context.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/model/user_transfer.hpp"

namespace heddle::transfer {

/// The operations on a backend of a known type. Not for users: see the functions below.
template <class Policy, class TracerType>
struct Transfer {
  static ExportReport export_user(Backend<Policy, TracerType>& backend, const Context& context, const ExportSink& sink,
                                  const ExportOptions& options);
  static ImportReport import_user(Backend<Policy, TracerType>& backend, const Context& context,
                                  const ContentSource& source, const ImportOptions& options);
  static bool abort_import(Backend<Policy, TracerType>& backend, const Context& context);

  /// Makes handles on such backends have these operations, from before `main` on. Need not be called: it is enough that
  /// a file compiles the call, or one of the above.
  static void compile() noexcept;
};

}  // namespace heddle::transfer
