// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.hpp"
#include "heddle/erased/backend.hpp"

/// All that `Backend<Policy>` consists of, as explicit instantiations: PREFIX is `template` where they are compiled and
/// `extern template` in all other files.
#define HEDDLE_BACKEND_INSTANTIATION(PREFIX, Policy)                 \
  PREFIX class heddle::Backend<Policy>;                              \
  PREFIX class heddle::SessionStore<Policy, heddle::NoTracing>;      \
  PREFIX class heddle::ErrorStore<Policy, heddle::NoTracing>;        \
  PREFIX class heddle::ArtifactStore<Policy, heddle::NoTracing>;     \
  PREFIX class heddle::ResultStore<Policy, heddle::NoTracing>;       \
  PREFIX class heddle::HumanRequestStore<Policy, heddle::NoTracing>; \
  PREFIX class heddle::BackendMigrator<Policy, heddle::NoTracing>;   \
  PREFIX class heddle::erased::BackendModel<heddle::Backend<Policy>>
