// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/remote_topics.hpp"

namespace heddle::stores {

/// The calls of a backend that wait for changes: those of this process, and what they wait for as other processes name
/// it. One object for all stores, as an engine passes notifications to one listener.
template <class Policy>
struct Waiters {
  heddle::detail::calls::ChangeSignal changes{};
  heddle::detail::calls::RemoteTopics<concepts::HearsChanges<Policy>> remote_topics{};
};

}  // namespace heddle::stores
