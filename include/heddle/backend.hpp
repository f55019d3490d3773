#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/concepts/policy_types.hpp"
#include "heddle/context.hpp"
#include "heddle/migrations/backend_migrator.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/stores/admin_store.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/error_store.hpp"
#include "heddle/stores/human_request_store.hpp"
#include "heddle/stores/result_store.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/tracing.hpp"

#include <filesystem>
#include <memory>
#include <string_view>
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
///
/// This header declares it. `heddle/sqlite.hpp` and `heddle/postgres.hpp` define it for their policies, or refer to a
/// compiled instantiation; `heddle/backend.ipp` holds the definitions.
template <class Policy, class TracerType = NoTracing>
class Backend {
  // Named one by one, so that the first line of a compile error says what is missing.
  static_assert(concepts::check_policy_types<Policy>());
  static_assert(Tracer<TracerType>,
                "heddle: the tracer needs `start(const Call&) noexcept` that returns a span with `fail(const Error&)`");

 public:
  /// Opens the storage; does not migrate. Throws what the policy's engine throws if it cannot be opened: see
  /// `sqlite/engine.hpp` and `postgres/engine.hpp`. Deadline and stop token of `context` hold for the opening.
  explicit Backend(typename Policy::Config config, TracerType tracer = {}, const Context& context = {});
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  Backend(Backend&&) = delete;
  Backend& operator=(Backend&&) = delete;
  /// Closes it. No other thread may still use it.
  ~Backend();

  /// The policy's name for itself, such as "sqlite".
  [[nodiscard]] static constexpr std::string_view name() noexcept requires requires { Policy::name; }
  { return Policy::name; }

  /// Sessions, messages, tool executions and snapshots.
  [[nodiscard]] SessionStore<Policy, TracerType>& session_storage() noexcept;
  /// Errors of tools.
  [[nodiscard]] ErrorStore<Policy, TracerType>& error_store() noexcept;
  /// Descriptions of files.
  [[nodiscard]] ArtifactStore<Policy, TracerType>& artifact_store() noexcept;
  /// Tables that agents query.
  [[nodiscard]] ResultStore<Policy, TracerType>& result_store() noexcept;
  /// Questions to humans.
  [[nodiscard]] HumanRequestStore<Policy, TracerType>& human_request_store() noexcept;

  /// What an administrator sees of all tenants.
  [[nodiscard]] AdminStore<Policy, TracerType>& admin_storage() noexcept requires concepts::Administers<Policy>;
  /// The same where the policy has none: calling it does not compile, with a sentence that says so.
  template <class Unused = void>
  AdminStore<Policy, TracerType>& admin_storage() noexcept requires(!concepts::Administers<Policy>) {
    static_assert(
        concepts::Administers<Policy>,
        "heddle: this backend cannot administer across tenants; ask heddle::administration(backend), which is "
        "null then");
    concepts::never_called();
  }
  /// True if administration has a connection of its own; without one its operations are `failed_precondition`.
  [[nodiscard]] bool can_administer() const noexcept requires concepts::Administers<Policy>;

  /// Brings the schema to the latest version. Must have been done before anything is stored; does nothing if it is
  /// done.
  void migrate(const Context& context = {});
  /// Returns what `migrate` would run, without running it.
  [[nodiscard]] std::vector<PendingMigration> pending_migrations(const Context& context = {});
  /// Migrations one by one, up and down.
  [[nodiscard]] BackendMigrator<Policy, TracerType>& migrator() noexcept;

  /// Returns the schema's version and, where there is one, the pool's state.
  [[nodiscard]] StorageDetails details(const Context& context = {});
  /// Throws unless the database answers.
  void ping(const Context& context = {});

  /// Copies the whole database, as it is at one moment, to a new file. Throws `already_exists` if the file exists.
  void back_up(const Context& context, const std::filesystem::path& target) requires concepts::CopiesDatabase<Policy>;
  /// The same where the policy cannot: calling it does not compile, with a sentence that says so.
  template <class Unused = void>
  concepts::Lacking back_up(const Context& /*context*/,
                            const std::filesystem::path& /*target*/) requires(!concepts::CopiesDatabase<Policy>) {
    static_assert(concepts::CopiesDatabase<Policy>,
                  "heddle: this backend cannot copy its database; ask heddle::online_backup(backend), which is null "
                  "then, and use the database's own tools");
    concepts::never_called();
  }

  /// Waits for the calls that are under way, then closes all connections; every later call fails with
  /// `failed_precondition`. May be called more than once and by several threads. In a callback of a running call it
  /// refuses new calls, and the connections are closed by the next `close` or the destructor.
  void close() noexcept;

 private:
  /// What it consists of; known only where it is defined, so that who declares a backend needs no driver.
  struct Parts;

  std::unique_ptr<Parts> parts_;
};

}  // namespace heddle
