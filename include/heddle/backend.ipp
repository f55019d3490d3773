#pragma once

/// The definitions of Backend and its stores, for your own policies. `heddle/sqlite.hpp` and `heddle/postgres.hpp`
/// include it where it is needed.

#include "heddle/backend.hpp"
#include "heddle/call.hpp"
#include "heddle/concepts/storage_policy.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/migrations/backend_migrator.ipp"
#include "heddle/model/result_settings.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/operation.hpp"
#include "heddle/stores/admin_store.ipp"
#include "heddle/stores/artifact_store.ipp"
#include "heddle/stores/detail/content_settings.hpp"
#include "heddle/stores/detail/expiry_timer.hpp"
#include "heddle/stores/detail/purge_timer.hpp"
#include "heddle/stores/detail/query_budget.hpp"
#include "heddle/stores/detail/reach.hpp"
#include "heddle/stores/detail/reindexing_plan.hpp"
#include "heddle/stores/detail/result_settings.hpp"
#include "heddle/stores/detail/retention.hpp"
#include "heddle/stores/detail/retention_timer.hpp"
#include "heddle/stores/detail/search_candidates.hpp"
#include "heddle/stores/error_store.ipp"
#include "heddle/stores/human_request_store_ends.ipp"
#include "heddle/stores/message_stream_store.ipp"
#include "heddle/stores/result_store_writer.ipp"
#include "heddle/stores/session_store.ipp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace heddle {

template <class Policy, class TracerType>
struct Backend<Policy, TracerType>::Parts {
  static_assert(concepts::check_policy<Policy>());

  using Engine = typename Policy::Engine;
  using Gateway = detail::calls::Gateway<Policy, TracerType>;
  using Sessions = SessionStore<Policy, TracerType>;
  using Results = ResultStore<Policy, TracerType>;
  using Artifacts = ArtifactStore<Policy, TracerType>;
  using Administration =
      std::conditional_t<concepts::Administers<Policy>, AdminStore<Policy, TracerType>, stores::detail::Absent>;
  using PurgeTimer = std::conditional_t<concepts::HidesSessions<Policy>,
                                        stores::detail::PurgeTimer<Sessions, Artifacts>, stores::detail::Absent>;

  using Retention = std::conditional_t<concepts::RemovesOldRecords<Policy>,
                                       stores::detail::Retention<Policy, Gateway, Sessions>, stores::detail::Absent>;
  using RetentionTimer = std::conditional_t<concepts::RemovesOldRecords<Policy>,
                                            stores::detail::RetentionTimer<Retention>, stores::detail::Absent>;

  using ReindexTimer = std::conditional_t<concepts::KeepsWordsInRows<Policy>,
                                          stores::detail::ReindexTimer<Policy, Gateway>, stores::detail::Absent>;

  // The first ones are read from the configuration before that is moved into the engine.
  Parts(const std::optional<stores::detail::PurgePlan>& purge_plan, const typename ReindexTimer::Plan& reindexing,
        std::int64_t search_candidates, const QueryBudget& budget, const stores::detail::ContentSettings& contents,
        const ResultSettings& result_settings, const RetentionConfig& rules, typename Policy::Config&& config,
        TracerType&& watcher, const Context& context)
      : engine(open(std::move(config), context)),
        tracer(std::move(watcher)),
        sessions(gateway, search_candidates),
        artifacts(gateway, contents, search_candidates),
        queries(budget),
        results(gateway, queries, result_settings.quota_bytes),
        retention(gateway, sessions),
        purge_timer(sessions, artifacts, purge_plan),
        retention_timer(retention, rules),
        reindex_timer(gateway, reindexing, sees_all_tenants()),
        expiry_timer(stores::detail::expiry_schedule_of(result_settings, sees_all_tenants())) {}

  /// Whether results of all tenants can be removed.
  [[nodiscard]] bool sees_all_tenants() const noexcept {
    if constexpr (concepts::Administers<Policy> && !stores::detail::reaches_all_tenants<Policy>) {
      return engine.can_administer();
    } else {
      return true;
    }
  }

  static Engine open(typename Policy::Config&& config, const Context& context) {
    context.check();
    if constexpr (std::constructible_from<Engine, typename Policy::Config, const Context&>) {
      return Engine(std::move(config), context);
    } else {
      return Engine(std::move(config));
    }
  }

  Engine engine;
  [[no_unique_address]] TracerType tracer;
  Gateway gateway{engine, tracer};
  Sessions sessions;
  ErrorStore<Policy, TracerType> errors{gateway};
  Artifacts artifacts;
  sealed_query::QueryGate queries;
  Results results;
  stores::Waiters<Policy> waiters;
  HumanRequestStore<Policy, TracerType> human_requests{gateway, waiters};
  MessageStreamStore<Policy, TracerType> streams{gateway, waiters};
  BackendMigrator<Policy, TracerType> migrator{gateway};
  [[no_unique_address]] Administration administration{gateway};
  [[no_unique_address]] Retention retention;
  // The last members: their threads end before any other member is destroyed.
  [[no_unique_address]] PurgeTimer purge_timer;
  [[no_unique_address]] RetentionTimer retention_timer;
  [[no_unique_address]] ReindexTimer reindex_timer;
  stores::detail::ExpiryTimer expiry_timer;
};

template <class Policy, class TracerType>
Backend<Policy, TracerType>::Backend(typename Policy::Config config, TracerType tracer, const Context& context) {
  const auto purge_plan = stores::detail::purge_plan_of(config);
  const typename Parts::ReindexTimer::Plan reindexing(config);
  const auto budget = stores::detail::query_budget_of(config);
  const auto contents = stores::detail::content_settings_of(config);
  const ResultSettings results = stores::detail::result_settings_of(config);
  const RetentionConfig rules = stores::detail::retention_of(config);
  parts_ = std::make_unique<Parts>(purge_plan, reindexing, stores::detail::search_candidates_of(config), budget,
                                   contents, results, rules, std::move(config), std::move(tracer), context);
}

template <class Policy, class TracerType>
Backend<Policy, TracerType>::~Backend() {
  close();
  // To destroy them would close the parent's connections, and wait for threads that exist only there.
  if (parts_->gateway.lifecycle().is_of_parent()) { static_cast<void>(parts_.release()); }
}

template <class Policy, class TracerType>
SessionStore<Policy, TracerType>& Backend<Policy, TracerType>::session_storage() & noexcept {
  return parts_->sessions;
}

template <class Policy, class TracerType>
ErrorStore<Policy, TracerType>& Backend<Policy, TracerType>::error_store() & noexcept {
  return parts_->errors;
}

template <class Policy, class TracerType>
ArtifactStore<Policy, TracerType>& Backend<Policy, TracerType>::artifact_store() & noexcept {
  return parts_->artifacts;
}

template <class Policy, class TracerType>
ResultStore<Policy, TracerType>& Backend<Policy, TracerType>::result_store() & noexcept {
  if (!parts_->gateway.lifecycle().is_of_parent()) { parts_->expiry_timer.start(parts_->results); }
  return parts_->results;
}

template <class Policy, class TracerType>
HumanRequestStore<Policy, TracerType>& Backend<Policy, TracerType>::human_request_store() & noexcept {
  return parts_->human_requests;
}

template <class Policy, class TracerType>
MessageStreamStore<Policy, TracerType>& Backend<Policy, TracerType>::stream_store() & noexcept {
  return parts_->streams;
}

template <class Policy, class TracerType>
AdminStore<Policy, TracerType>& Backend<Policy, TracerType>::admin_storage() noexcept requires
    concepts::Administers<Policy> {
  if constexpr (concepts::Administers<Policy>) {
    return parts_->administration;
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
bool Backend<Policy, TracerType>::can_administer() const noexcept requires concepts::Administers<Policy> {
  if constexpr (concepts::Administers<Policy>) {
    return parts_->engine.can_administer();
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
bool Backend<Policy, TracerType>::can_soft_delete() const noexcept requires concepts::HidesSessions<Policy> {
  if constexpr (concepts::EngineMayHide<typename Policy::Engine>) {
    return parts_->engine.can_soft_delete();
  } else {
    return true;
  }
}

template <class Policy, class TracerType>
void Backend<Policy, TracerType>::migrate(const Context& context) {
  parts_->migrator.up(context);
}

template <class Policy, class TracerType>
std::vector<PendingMigration> Backend<Policy, TracerType>::pending_migrations(const Context& context) {
  return parts_->migrator.pending(context);
}

template <class Policy, class TracerType>
BackendMigrator<Policy, TracerType>& Backend<Policy, TracerType>::migrator() noexcept {
  return parts_->migrator;
}

template <class Policy, class TracerType>
StorageDetails Backend<Policy, TracerType>::details(const Context& context) {
  const bool removes_expired_results = parts_->expiry_timer.is_planned();
  const bool applies_retention = parts_->retention_timer.is_planned();
  return parts_->gateway.manage(context, Operation::details, [&](auto& passage) {
    return passage.ask_engine([&](auto& engine, const Call& call) {
      StorageDetails details{.pool = engine.pool_statistics(),
                             .removes_expired_results = removes_expired_results,
                             .applies_retention = applies_retention};
      if constexpr (concepts::EngineKnowsVersion<typename Policy::Engine>) {
        details.migration_version = engine.schema_version(call);
        const std::vector<Migration> known = engine.migrations();
        details.latest_version = known.empty() ? 0 : known.back().version;
      } else {
        migrations::Migrator migrator(engine.schema(call), engine.migrations());
        details.migration_version = migrator.current_version();
        details.latest_version = migrator.latest_version();
      }
      if constexpr (concepts::EngineOwes<typename Policy::Engine>) { details.owed = engine.owed(call); }
      return details;
    });
  });
}

template <class Policy, class TracerType>
void Backend<Policy, TracerType>::ping(const Context& context) {
  parts_->gateway.manage(context, Operation::ping, [](auto& passage) {
    passage.ask_engine([](auto& engine, const Call& call) { engine.ping(call); });
  });
}

template <class Policy, class TracerType>
bool Backend<Policy, TracerType>::read_metrics(Metrics& metrics) requires MeteringTracer<TracerType> {
  if constexpr (MeteringTracer<TracerType>) {
    const auto* const meter = parts_->tracer.meter();
    if (meter == nullptr) { return false; }
    // Generic, so that files that read no metrics need not know what they are.
    const auto report = [&](auto& found) {
      if constexpr (requires { Policy::name; }) { found.backend = Policy::name; }
      parts_->gateway.observe([&](auto& engine) {
        using Found = std::remove_reference_t<decltype(found)>;
        if constexpr (concepts::EngineReports<typename Policy::Engine, Found>) { engine.report(found); }
      });
      meter->report(found);
    };
    report(metrics);
    return true;
  } else {
    concepts::never_called();
  }
}

template <class Policy, class TracerType>
void Backend<Policy, TracerType>::close() noexcept {
  if (parts_->gateway.lifecycle().is_of_parent()) { return; }
  parts_->purge_timer.stop();
  parts_->retention_timer.stop();
  parts_->reindex_timer.stop();
  parts_->expiry_timer.stop();
  if (parts_->gateway.lifecycle().close()) { parts_->engine.close(); }
}

}  // namespace heddle

#include "heddle/backend_upkeep.ipp"
