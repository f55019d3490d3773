// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.hpp"
#include "heddle/erased/backend.hpp"

/// The explicit instantiations of all classes of a `Backend<Policy>` that administers tenants: PREFIX is `template` in
/// the file that compiles them and `extern template` in all others.
// Parentheses cannot stand around a class that is instantiated: NOLINTBEGIN(bugprone-macro-parentheses)
#define HEDDLE_BACKEND_INSTANTIATION(PREFIX, Policy)                  \
  PREFIX class heddle::Backend<Policy>;                               \
  PREFIX class heddle::SessionStore<Policy, heddle::NoTracing>;       \
  PREFIX class heddle::ErrorStore<Policy, heddle::NoTracing>;         \
  PREFIX class heddle::ArtifactStore<Policy, heddle::NoTracing>;      \
  PREFIX class heddle::ResultStore<Policy, heddle::NoTracing>;        \
  PREFIX class heddle::HumanRequestStore<Policy, heddle::NoTracing>;  \
  PREFIX class heddle::MessageStreamStore<Policy, heddle::NoTracing>; \
  PREFIX class heddle::AdminStore<Policy, heddle::NoTracing>;         \
  PREFIX class heddle::BackendMigrator<Policy, heddle::NoTracing>;    \
  PREFIX class heddle::erased::BackendModel<heddle::Backend<Policy>>
// NOLINTEND(bugprone-macro-parentheses)
