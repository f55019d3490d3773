// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/backend.ipp"
#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/operation.hpp"
#include "heddle/stores/detail/reindexing_plan.hpp"

#include <cstdint>
#include <filesystem>

// The definitions of what keeps a database in order. `heddle/backend.ipp` includes it.
namespace heddle {

template <class Policy, class TracerType>
void Backend<Policy, TracerType>::back_up(
    const Context& context, const std::filesystem::path& target) requires concepts::CopiesDatabase<Policy> {
  if constexpr (concepts::CopiesDatabase<Policy>) {
    parts_->gateway.manage(context, Operation::back_up, [&](auto& passage) {
      passage.ask_engine([&](auto& engine, const Call& call) { engine.back_up(call, target); });
    });
  }
}

template <class Policy, class TracerType>
ScrubReport Backend<Policy, TracerType>::scrub(const Context& context) requires concepts::ErasesFromFiles<Policy> {
  if constexpr (concepts::ErasesFromFiles<Policy>) {
    return parts_->gateway.manage(context, Operation::scrub, [](auto& passage) {
      return passage.ask_engine([](auto& engine, const Call& call) { return engine.scrub(call); });
    });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
std::int64_t Backend<Policy, TracerType>::reindex(const Context& context) requires concepts::ReplacesWords<Policy> {
  if constexpr (concepts::ReplacesWords<Policy>) {
    return parts_->gateway.run(context, Operation::reindex,
                               [](auto& passage) { return stores::detail::reindex_tenant<Policy>(passage); });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
std::int64_t Backend<Policy, TracerType>::reindex_all(const Context& context) requires concepts::ReplacesWords<Policy> {
  if constexpr (concepts::ReplacesWords<Policy>) {
    return parts_->gateway.manage(context, Operation::reindex_all,
                                  [](auto& passage) { return stores::detail::reindex_all_tenants<Policy>(passage); });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
CompactReport Backend<Policy, TracerType>::compact(
    const Context& context, const CompactOptions& options) requires concepts::GivesSpaceBack<Policy> {
  if constexpr (concepts::GivesSpaceBack<Policy>) {
    return parts_->gateway.manage(context, Operation::compact, [&](auto& passage) {
      return passage.ask_engine([&](auto& engine, const Call& call) { return engine.compact(call, options); });
    });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
RetentionReport Backend<Policy, TracerType>::apply_retention(
    const Context& context, const RetentionConfig& config) requires concepts::RemovesOldRecords<Policy> {
  if constexpr (concepts::RemovesOldRecords<Policy>) {
    Parts::RetentionTimer::compile();
    return parts_->retention.apply(context, config);
  } else {
    concepts::never_called();
  }
}

}  // namespace heddle
