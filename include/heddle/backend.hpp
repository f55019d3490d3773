#pragma once

#include "heddle/needs_cxx20.hpp"

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/concepts/policy_types.hpp"
#include "heddle/context.hpp"
#include "heddle/migrations/backend_migrator.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/stores/admin_store.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/error_store.hpp"
#include "heddle/stores/human_request_store.hpp"
#include "heddle/stores/message_stream_store.hpp"
#include "heddle/stores/result_store.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/tracing.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

struct Metrics;
namespace erasure {
struct Access;
}  // namespace erasure
namespace sqlite::backups {
struct Access;
}  // namespace sqlite::backups
namespace transfer {
struct Access;
}  // namespace transfer

/// The storage of a server: an engine and the six stores on it, chosen at compile time. Make one for each server and
/// share it between all agents and threads. Satisfies StorageBackend.
///
///     heddle::Backend<heddle::Sqlite> backend({.path = "agents.db"});
///     backend.migrate();
///
/// `Policy` provides the engine and the SQL; your own policy can wrap another one. `TracerType` observes every
/// operation; the default observes nothing and costs nothing. A process that forks opens a backend in each child: all
/// calls of one that was opened before throw `failed_precondition` there.
///
/// This header declares the class. `heddle/sqlite.hpp` and `heddle/postgres.hpp` define it for their policies, or refer
/// to a compiled instantiation; `heddle/backend.ipp` contains the definitions.
template <class Policy, class TracerType = NoTracing>
class Backend {
  // One assertion for each requirement, so that the first line of a compile error names what is missing.
  static_assert(concepts::check_policy_types<Policy>());
  static_assert(Tracer<TracerType>,
                "heddle: the tracer needs `start(const Call&) noexcept` that returns a span with `fail(const Error&)`");

 public:
  /// Opens the storage without migrating it. The deadline and the stop token of `context` apply to the waiting for a
  /// server; a file is opened within its busy timeout. Throws `invalid_argument` for a setting that can have no
  /// meaning, `failed_precondition` for a database that is not Heddle's, a file with two names or a server that is too
  /// old, `permission_denied` if the file or the server refuses access or row security does not hold for the role,
  /// `unavailable` if it cannot be reached or is locked, `resource_exhausted` if the system has nothing left, and what
  /// `Context::check` throws.
  explicit Backend(typename Policy::Config config, TracerType tracer = {}, const Context& context = {});
  /// For what is not this policy's Config, and for a copy: a use does not compile and the error says why.
  template <class Other>
  explicit Backend(const Other& /*config*/, TracerType tracer = {},
                   const Context& context = {}) requires(!std::convertible_to<const Other&, typename Policy::Config> &&
                                                         !std::same_as<Other, Backend>)
      : Backend(typename Policy::Config{}, std::move(tracer), context) {
    static_assert(
        std::same_as<Other, Backend>,
        "heddle: a Backend is made of its policy's Config: Backend<Sqlite>(sqlite::Config{.path = \"a.db\"}), "
        "Backend<Postgres>(postgres::Config{.dsn = \"host=...\"})");
  }
  /// For a copy: does not compile and the error says why.
  template <std::same_as<Backend> Other>
  Backend(Other& /*other*/) : Backend(typename Policy::Config{}) {  // NOLINT(google-explicit-constructor)
    static_assert(!std::same_as<Other, Backend>,
                  "heddle: a Backend is not copied: pass a reference, or hold it in a std::unique_ptr");
  }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  Backend(Backend&&) = delete;
  Backend& operator=(Backend&&) = delete;
  /// Closes the backend. Precondition: no other thread uses it.
  ~Backend();

  /// Returns the name of the policy, such as "sqlite".
  [[nodiscard]] static constexpr std::string_view name() noexcept requires requires { Policy::name; }
  { return Policy::name; }

  /// Sessions, messages, tool executions and snapshots.
  [[nodiscard]] SessionStore<Policy, TracerType>& session_storage() & noexcept;
  /// Errors of tools.
  [[nodiscard]] ErrorStore<Policy, TracerType>& error_store() & noexcept;
  /// Descriptions of files.
  [[nodiscard]] ArtifactStore<Policy, TracerType>& artifact_store() & noexcept;
  /// Tables that agents query. From the first call on, those whose time is over are removed by themselves; see
  /// ResultSettings.
  [[nodiscard]] ResultStore<Policy, TracerType>& result_store() & noexcept;
  /// Questions to humans.
  [[nodiscard]] HumanRequestStore<Policy, TracerType>& human_request_store() & noexcept;
  /// Messages that are stored while a model writes them.
  [[nodiscard]] MessageStreamStore<Policy, TracerType>& stream_store() & noexcept;

  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  SessionStore<Policy, TracerType>& session_storage() const& {
    return concepts::refuse_unnamed<Unused, SessionStore<Policy, TracerType>&>();
  }
  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  ErrorStore<Policy, TracerType>& error_store() const& {
    return concepts::refuse_unnamed<Unused, ErrorStore<Policy, TracerType>&>();
  }
  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  ArtifactStore<Policy, TracerType>& artifact_store() const& {
    return concepts::refuse_unnamed<Unused, ArtifactStore<Policy, TracerType>&>();
  }
  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  ResultStore<Policy, TracerType>& result_store() const& {
    return concepts::refuse_unnamed<Unused, ResultStore<Policy, TracerType>&>();
  }
  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  HumanRequestStore<Policy, TracerType>& human_request_store() const& {
    return concepts::refuse_unnamed<Unused, HumanRequestStore<Policy, TracerType>&>();
  }

  /// For a const or unnamed backend: a call does not compile and the error says why.
  template <class Unused = void>
  MessageStreamStore<Policy, TracerType>& stream_store() const& {
    return concepts::refuse_unnamed<Unused, MessageStreamStore<Policy, TracerType>&>();
  }

  /// Administration across all tenants.
  [[nodiscard]] AdminStore<Policy, TracerType>& admin_storage() noexcept requires concepts::Administers<Policy>;
  /// For a policy without administration: a call does not compile and the error says why.
  template <class Unused = void>
  AdminStore<Policy, TracerType>& admin_storage() noexcept requires(!concepts::Administers<Policy>) {
    static_assert(
        concepts::Administers<Policy>,
        "heddle: this backend cannot administer across tenants; ask heddle::administration(backend), which is "
        "null then");
    concepts::never_called();
  }
  /// Returns true if the configuration lets this backend administer; otherwise the operations of administration throw
  /// `failed_precondition`.
  [[nodiscard]] bool can_administer() const noexcept requires concepts::Administers<Policy>;
  /// Returns true if sessions can be hidden; otherwise `soft_delete_session` throws `failed_precondition`.
  [[nodiscard]] bool can_soft_delete() const noexcept requires concepts::HidesSessions<Policy>;

  /// Migrates the schema to the latest version; does nothing if it has that version. Precondition of every store: the
  /// schema is migrated.
  void migrate(const Context& context = {});
  /// Returns the migrations that `migrate` would run, without running them.
  [[nodiscard]] std::vector<PendingMigration> pending_migrations(const Context& context = {});
  /// Runs migrations step by step, up and down.
  [[nodiscard]] BackendMigrator<Policy, TracerType>& migrator() noexcept;

  /// Returns the schema's version and, for a backend with a connection pool, the state of the pool.
  [[nodiscard]] StorageDetails details(const Context& context = {});
  /// Throws Error if the database does not respond.
  void ping(const Context& context = {});
  /// Adds what this backend has counted to the metrics; returns false if it counts nothing. See `read_metrics` in
  /// `heddle/metrics.hpp`.
  bool read_metrics(Metrics& metrics) requires MeteringTracer<TracerType>;

  /// Copies the whole database, as of one point in time, to a new file. Throws `already_exists` if the file exists.
  void back_up(const Context& context, const std::filesystem::path& target) requires concepts::CopiesDatabase<Policy>;
  /// For a policy that cannot copy its database: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking back_up(const Context& /*context*/,
                            const std::filesystem::path& /*target*/) requires(!concepts::CopiesDatabase<Policy>) {
    static_assert(concepts::CopiesDatabase<Policy>,
                  "heddle: this backend cannot copy its database; ask heddle::online_backup(backend), which is null "
                  "then, and use the database's own tools");
    concepts::never_called();
  }

  /// Makes erased texts leave the files. See Scrubs.
  ScrubReport scrub(const Context& context = {}) requires concepts::ErasesFromFiles<Policy>;
  /// For a policy that cannot: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking scrub(const Context& /*context*/ = {}) requires(!concepts::ErasesFromFiles<Policy>) {
    static_assert(concepts::ErasesFromFiles<Policy>,
                  "heddle: this backend cannot erase from its files; ask heddle::scrubbing(backend), which is null "
                  "then, and use the database's own tools");
    concepts::never_called();
  }

  /// Gives back space that the database does not use. See Compacts.
  CompactReport compact(const Context& context = {},
                        const CompactOptions& options = {}) requires concepts::GivesSpaceBack<Policy>;
  /// For a policy that cannot: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking compact(const Context& /*context*/ = {},
                            const CompactOptions& /*options*/ = {}) requires(!concepts::GivesSpaceBack<Policy>) {
    static_assert(concepts::GivesSpaceBack<Policy>,
                  "heddle: this backend gives no space back; ask heddle::compaction(backend), which is null then, and "
                  "use the database's own tools");
    concepts::never_called();
  }

  /// Removes what rules do not keep, of all tenants. See AppliesRetention. A thread of the backend does it by itself,
  /// if its configuration has rules.
  RetentionReport apply_retention(const Context& context,
                                  const RetentionConfig& config) requires concepts::RemovesOldRecords<Policy>;
  /// For a policy that cannot: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking apply_retention(const Context& /*context*/,
                                    const RetentionConfig& /*config*/) requires(!concepts::RemovesOldRecords<Policy>) {
    static_assert(
        concepts::RemovesOldRecords<Policy>,
        "heddle: this backend removes no old records of all tenants; ask heddle::retention(backend), which is "
        "null then");
    concepts::never_called();
  }

  /// Indexes the tenant's texts anew that a version with another analysis has stored; returns how many. See
  /// IndexesAnew.
  std::int64_t reindex(const Context& context) requires concepts::ReplacesWords<Policy>;
  /// The same for all tenants, as administration. A thread of the backend does it by itself, see the configuration.
  std::int64_t reindex_all(const Context& context = {}) requires concepts::ReplacesWords<Policy>;
  /// For a policy that has no such texts: a call does not compile and the error says why.
  template <class Unused = void>
  concepts::Lacking reindex(const Context& /*context*/) requires(!concepts::ReplacesWords<Policy>) {
    static_assert(concepts::ReplacesWords<Policy>,
                  "heddle: this backend indexes no texts anew; ask heddle::reindexing(backend), which is null then");
    concepts::never_called();
  }
  /// The same.
  template <class Unused = void>
  concepts::Lacking reindex_all(const Context& /*context*/ = {}) requires(!concepts::ReplacesWords<Policy>) {
    static_assert(concepts::ReplacesWords<Policy>,
                  "heddle: this backend indexes no texts anew; ask heddle::reindexing(backend), which is null then");
    concepts::never_called();
  }

  /// Waits for running calls, then closes all connections; every later call throws `failed_precondition`. May be called
  /// more than once and by several threads. Called in a callback of a running call, it only refuses new calls; the next
  /// `close` outside of one, or the destructor, closes the connections.
  void close() noexcept;

 private:
  friend struct erasure::Access;
  friend struct sqlite::backups::Access;
  friend struct transfer::Access;

  /// The members. Only the definition knows them, so that code that declares a backend needs no driver.
  struct Parts;

  std::unique_ptr<Parts> parts_;
};

}  // namespace heddle
