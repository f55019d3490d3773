// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/migrations/backend_migrator.hpp"
#include "heddle/migrations/migrator.hpp"
#include "heddle/operation.hpp"

#include <utility>

namespace heddle {
namespace migrations {

/// Runs `use(migrator)` as an operation on the backend as a whole.
template <class Gateway, class Use>
auto migrate(Gateway& gateway, const Context& context, Operation operation, Use&& use) {
  return gateway.manage(context, operation, [&](auto& passage) {
    return passage.with_engine([&](auto& engine, const Call& call) {
      Migrator migrator(engine.schema(call), engine.migrations());
      return std::forward<Use>(use)(migrator);
    });
  });
}

/// The same for a use that only reads.
template <class Gateway, class Use>
auto inspect(Gateway& gateway, const Context& context, Operation operation, Use&& use) {
  return gateway.manage(context, operation, [&](auto& passage) {
    return passage.ask_engine([&](auto& engine, const Call& call) {
      Migrator migrator(engine.schema(call), engine.migrations());
      return std::forward<Use>(use)(migrator);
    });
  });
}

}  // namespace migrations

template <class Policy, class TracerType>
std::int32_t BackendMigrator<Policy, TracerType>::current_version(const Context& context) {
  return migrations::inspect(gateway_, context, Operation::current_version,
                             [](auto& migrator) { return migrator.current_version(); });
}

template <class Policy, class TracerType>
std::int32_t BackendMigrator<Policy, TracerType>::latest_version(const Context& context) {
  return migrations::inspect(gateway_, context, Operation::latest_version,
                             [](auto& migrator) { return migrator.latest_version(); });
}

template <class Policy, class TracerType>
std::vector<AppliedMigration> BackendMigrator<Policy, TracerType>::applied(const Context& context) {
  return migrations::inspect(gateway_, context, Operation::applied_migrations,
                             [](auto& migrator) { return migrator.applied(); });
}

template <class Policy, class TracerType>
std::vector<PendingMigration> BackendMigrator<Policy, TracerType>::pending(const Context& context,
                                                                           std::int32_t target) {
  return migrations::inspect(gateway_, context, Operation::pending_migrations,
                             [=](auto& migrator) { return migrator.pending(target); });
}

template <class Policy, class TracerType>
void BackendMigrator<Policy, TracerType>::up(const Context& context, std::int32_t target) {
  migrations::migrate(gateway_, context, Operation::migrate_up, [=](auto& migrator) { migrator.up(target); });
}

template <class Policy, class TracerType>
void BackendMigrator<Policy, TracerType>::down(const Context& context, std::int32_t steps) {
  migrations::migrate(gateway_, context, Operation::migrate_down, [=](auto& migrator) { migrator.down(steps); });
}

template <class Policy, class TracerType>
void BackendMigrator<Policy, TracerType>::to(const Context& context, std::int32_t target) {
  migrations::migrate(gateway_, context, Operation::migrate_to, [=](auto& migrator) { migrator.to(target); });
}

}  // namespace heddle
