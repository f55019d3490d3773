#pragma once

#include "heddle/concepts/storage_policy.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/migrations/backend_migrator.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/stores/admin_store.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/detail/cleaner.hpp"
#include "heddle/stores/error_store.hpp"
#include "heddle/stores/human_request_store.hpp"
#include "heddle/stores/result_store.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/tracing.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle {

/// The storage of a server: an engine and the five stores on it, chosen at compile time. One for each server, shared by
/// all agents and threads. Satisfies StorageBackend.
///
///     heddle::Backend<heddle::Sqlite> backend({.path = "agents.db"});
///     backend.migrate();
///
/// `Policy` brings engine and SQL; a policy of your own can wrap another one. `TracerType` watches every operation; the
/// default watches nothing and costs nothing.
template <class Policy, class TracerType = NoTracing>
class Backend {
  // Named one by one, so that the first line of a compile error says what is missing.
  static_assert(concepts::check_policy<Policy>());
  static_assert(Tracer<TracerType>,
                "heddle: the tracer needs `start(const Call&) noexcept` that answers a span with `fail(const Error&)`");

 public:
  /// Opens the storage; does not migrate. Throws what the policy's engine throws if it cannot be opened: see
  /// `sqlite/engine.hpp` and `postgres/engine.hpp`. Deadline and stop token of `context` hold for the opening.
  explicit Backend(typename Policy::Config config, TracerType tracer = {}, const Context& context = {})
      : Backend(stores::detail::cleaning_of(config), std::move(config), std::move(tracer), context) {}
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  Backend(Backend&&) = delete;
  Backend& operator=(Backend&&) = delete;
  /// Closes it. No other thread may still use it.
  ~Backend() { close(); }

  /// The policy's name for itself, such as "sqlite".
  [[nodiscard]] static constexpr std::string_view name() noexcept requires requires { Policy::name; }
  { return Policy::name; }

  /// Sessions, messages, tool executions and snapshots.
  [[nodiscard]] auto& session_storage() noexcept { return sessions_; }
  /// Errors of tools.
  [[nodiscard]] auto& error_store() noexcept { return errors_; }
  /// Descriptions of files.
  [[nodiscard]] auto& artifact_store() noexcept { return artifacts_; }
  /// Tables that agents query.
  [[nodiscard]] auto& result_store() noexcept { return results_; }
  /// Questions to humans.
  [[nodiscard]] auto& human_request_store() noexcept { return human_requests_; }

  /// What an administrator sees of all tenants.
  [[nodiscard]] auto& admin_storage() noexcept requires concepts::Administers<Policy> { return administration_; }

  /// Brings the schema to the latest version. Must have been done before anything is stored; does nothing if it is
  /// done.
  void migrate(const Context& context = {}) { migrator_.up(context); }
  /// What `migrate` would run, without running it.
  [[nodiscard]] std::vector<PendingMigration> pending_migrations(const Context& context = {}) {
    return migrator_.pending(context);
  }
  /// Migrations one by one, up and down.
  [[nodiscard]] auto& migrator() noexcept { return migrator_; }

  /// The schema's version and, where there is one, the pool's state.
  [[nodiscard]] StorageDetails storage_details(const Context& context = {}) {
    return gateway_.manage(context, "storage_details", [&](const Call& call) {
      if constexpr (concepts::EngineKnowsVersion<typename Policy::Engine>) {
        return StorageDetails{engine_.schema_version(call), engine_.pool_statistics()};
      } else {
        return StorageDetails{migrator_.current_version(context), engine_.pool_statistics()};
      }
    });
  }

  /// Throws unless the database answers.
  void ping(const Context& context = {}) {
    gateway_.manage(context, "ping", [&](const Call& call) { engine_.ping(call); });
  }

  /// Copies the whole database, as it is at one moment, to a new file. Throws `already_exists` if the file exists.
  void back_up(const Context& context,
               const std::filesystem::path& target) requires concepts::EngineBacksUp<typename Policy::Engine> {
    gateway_.manage(context, "back_up", [&](const Call& call) { engine_.back_up(call, target); });
  }

  /// Waits for the calls that are under way, then closes all connections; every later call fails with
  /// `failed_precondition`. May be called more than once and by several threads. In a callback of a running call it
  /// refuses new calls, and the connections are closed by the next `close` or the destructor.
  void close() noexcept {
    cleaner_.stop();
    if (gateway_.lifecycle().close()) { engine_.close(); }
  }

 private:
  // The plan is read before the engine takes the configuration over.
  Backend(const std::optional<stores::detail::Cleaning>& cleaning, typename Policy::Config&& config,
          TracerType&& tracer, const Context& context)
      : engine_(open(std::move(config), context)), tracer_(std::move(tracer)), cleaner_(sessions_, cleaning) {}

  static typename Policy::Engine open(typename Policy::Config&& config, const Context& context) {
    using Engine = typename Policy::Engine;
    context.check();
    if constexpr (std::constructible_from<Engine, typename Policy::Config, const Context&>) {
      return Engine(std::move(config), context);
    } else {
      return Engine(std::move(config));
    }
  }

  using Gateway = detail::calls::Gateway<Policy, TracerType>;
  using Sessions = SessionStore<Policy, TracerType>;
  using Administration =
      std::conditional_t<concepts::Administers<Policy>, AdminStore<Policy, TracerType>, stores::detail::Absent>;
  using Cleaner =
      std::conditional_t<concepts::HidesSessions<Policy>, stores::detail::Cleaner<Sessions>, stores::detail::Absent>;

  typename Policy::Engine engine_;
  [[no_unique_address]] TracerType tracer_;
  Gateway gateway_{engine_, tracer_};
  Sessions sessions_{gateway_};
  ErrorStore<Policy, TracerType> errors_{gateway_};
  ArtifactStore<Policy, TracerType> artifacts_{gateway_};
  ResultStore<Policy, TracerType> results_{gateway_};
  HumanRequestStore<Policy, TracerType> human_requests_{gateway_};
  BackendMigrator<Gateway> migrator_{gateway_};
  [[no_unique_address]] Administration administration_{gateway_};
  // The last: its thread ends before anything else does.
  [[no_unique_address]] Cleaner cleaner_;
};

}  // namespace heddle
