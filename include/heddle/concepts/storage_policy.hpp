#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/concepts/policy_types.hpp"
#include "heddle/concepts/transaction.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// @file
/// What a policy provides: an engine (connections, transactions, locking) and a dialect (the SQL). Everything else is
/// written once, for all policies. To wrap another policy, derive from it and replace `Engine`.
namespace heddle::concepts {

/// The constructor may also have a parameter `const Context&`, for an engine whose opening can block.
template <class T, class Config>
concept EngineOpens = std::constructible_from<T, Config>;
template <class T>
concept EngineReads = requires(T& engine, const Call& call, ProbeWork& work) {
  engine.read(call, work);
};
template <class T>
concept EngineWrites = requires(T& engine, const Call& call, ProbeWork& work) {
  engine.write(call, work);
};
template <class T>
concept EnginePings = requires(T& engine, const Call& call) {
  engine.ping(call);
};
template <class T>
concept EngineMigrates = requires(T& engine, const Call& call) {
  engine.schema(call);
  { engine.migrations() } -> std::convertible_to<std::vector<Migration>>;
};
template <class T>
concept EngineCloses = requires(T& engine) {
  { engine.close() }
  noexcept;
};
template <class T>
concept EngineDescribesItself = requires(T& engine) {
  { engine.pool_statistics() } -> std::convertible_to<std::optional<PoolStatistics>>;
  { engine.default_user_id() } -> std::convertible_to<std::string_view>;
  { engine.artifact_directory() } -> std::convertible_to<std::filesystem::path>;
};
/// Optional: the capability behind BacksUpOnline.
template <class T>
concept EngineBacksUp = requires(T& engine, const Call& call, const std::filesystem::path& target) {
  engine.back_up(call, target);
};

/// Optional: the capability behind Scrubs.
template <class T>
concept EngineScrubs = requires(T& engine, const Call& call) {
  { engine.scrub(call) } -> std::same_as<ScrubReport>;
};
/// Optional: the capability behind Compacts.
template <class T>
concept EngineCompacts = requires(T& engine, const Call& call, const CompactOptions& options) {
  { engine.compact(call, options) } -> std::same_as<CompactReport>;
};
/// Optional: the capability behind IndexesAnew of a policy whose words are not in rows. Both return how many texts they
/// did: of the tenant of the call, and of all.
template <class T>
concept EngineReindexes = requires(T& engine, const Call& call) {
  { engine.reindex(call) } -> std::same_as<std::int64_t>;
  { engine.reindex_all(call) } -> std::same_as<std::int64_t>;
};
/// Optional: tells what is left to do behind the calls.
template <class T>
concept EngineOwes = requires(T& engine, const Call& call) {
  { engine.owed(call) } -> std::same_as<std::optional<OwedWork>>;
};

/// Optional: adds what the engine has counted, and its state, to `Metrics`. Asks no database and waits for no call.
template <class T, class Metrics>
concept EngineReports = requires(T& engine, Metrics& metrics) {
  engine.report(metrics);
};

/// Optional: returns the schema's version over the connections for ordinary calls, for an engine that migrates over
/// another connection.
template <class T>
concept EngineKnowsVersion = requires(T& engine, const Call& call) {
  { engine.schema_version(call) } -> std::same_as<std::int32_t>;
};
/// Optional: runs work that belongs to no tenant, on a connection that sees all of them.
template <class T>
concept EngineAdministers = requires(T& engine, const Call& call, ProbeWork& work) {
  engine.administer(call, work);
  { engine.can_administer() }
  noexcept->std::same_as<bool>;
};
/// Optional: runs work that belongs to no tenant and only reads, for an engine that writes over another connection.
template <class T>
concept EngineOversees = requires(T& engine, const Call& call, ProbeWork& work) {
  engine.oversee(call, work);
};
/// Optional: tells whether the configuration lets sessions be hidden. Without it they can be.
template <class T>
concept EngineMayHide = requires(const T& engine) {
  { engine.can_soft_delete() }
  noexcept->std::same_as<bool>;
};
/// Optional: the capability behind HearsChanges.
template <class T>
concept EngineListens = requires(T& engine, std::function<void(std::string_view)> heard) {
  engine.listen(std::move(heard));
  { engine.is_listening() } -> std::same_as<bool>;
};

/// A file that only saves messages does not compile the statements that read or search them, so they are groups of
/// their own.
template <class Policy>
concept ListsMessages = requires {
  typename Policy::Dialect::Messages::Lists;
  typename Policy::Dialect::Messages::Search;
};

/// A policy of Heddle, which its tests check so that not every file has to: a check compiles a unit of work with all
/// operations. A policy that derives from it names another one and is checked.
template <class Policy>
concept CheckedByTests = std::same_as<typename Policy::CheckedByTests, Policy>;

/// True, or a compile error that says what the policy's engine lacks.
template <class Policy>
consteval bool check_engine() {
  using Engine = typename Policy::Engine;
  static_assert(EngineOpens<Engine, typename Policy::Config>,
                "heddle: the policy's Engine must be constructible from its Config");
  static_assert(EngineReads<Engine>, "heddle: the policy's Engine needs `read(const Call&, work)`");
  static_assert(EngineWrites<Engine>, "heddle: the policy's Engine needs `write(const Call&, work)`");
  static_assert(EnginePings<Engine>, "heddle: the policy's Engine needs `ping(const Call&)`");
  static_assert(EngineMigrates<Engine>, "heddle: the policy's Engine needs `schema(const Call&)` and `migrations()`");
  static_assert(EngineCloses<Engine>, "heddle: the policy's Engine needs `close() noexcept`");
  static_assert(
      EngineDescribesItself<Engine>,
      "heddle: the policy's Engine needs `pool_statistics()`, `default_user_id()` and `artifact_directory()`");
  return true;
}

/// Returns true; fails to compile with a message that names what the policy lacks. Also checks that the engine supports
/// the capabilities that the policy declares.
template <class Policy>
consteval bool check_policy() {
  if constexpr (CheckedByTests<Policy>) {
    return true;
  } else {
    using Engine = typename Policy::Engine;
    static_assert(!Administers<Policy> || EngineAdministers<Engine>,
                  "heddle: the policy's Dialect has Admin, so its Engine needs `administer(const Call&, work)` and "
                  "`can_administer() noexcept`");
    static_assert(!HearsChanges<Policy> || EngineListens<Engine>,
                  "heddle: the policy's Dialect has Announcements, so its Engine needs `listen(heard)` and "
                  "`is_listening()`");
    static_assert(!CopiesDatabase<Policy> || EngineBacksUp<Engine>,
                  "heddle: the policy has copies_database, so its Engine needs `back_up(const Call&, target)`");
    static_assert(!ErasesFromFiles<Policy> || EngineScrubs<Engine>,
                  "heddle: the policy has erases_from_files, so its Engine needs `scrub(const Call&)`");
    static_assert(!GivesSpaceBack<Policy> || EngineCompacts<Engine>,
                  "heddle: the policy has gives_space_back, so its Engine needs `compact(const Call&, const "
                  "CompactOptions&)`");
    static_assert(!RebuildsIndex<Policy> || EngineReindexes<Engine>,
                  "heddle: the policy has rebuilds_index, so its Engine needs `reindex(const Call&)` and "
                  "`reindex_all(const Call&)`");
    static_assert(ListsMessages<Policy>,
                  "heddle: the policy's Dialect::Messages needs types `Lists` and `Search`: the statements that read "
                  "and search messages");
    return check_policy_types<Policy>() && check_engine<Policy>();
  }
}

}  // namespace heddle::concepts

namespace heddle {

/// A policy that `Backend` accepts. The backend itself checks the requirements one by one for better error messages;
/// this concept is for your own code that is generic over policies.
template <class T>
concept StoragePolicy = concepts::HasConfig<T> && concepts::HasEngine<T> && concepts::HasDialect<T> &&
    concepts::SearchesText<T> && concepts::ListsMessages<T> &&
    concepts::EngineOpens<typename T::Engine, typename T::Config> && concepts::EngineReads<typename T::Engine> &&
    concepts::EngineWrites<typename T::Engine> && concepts::EnginePings<typename T::Engine> &&
    concepts::EngineMigrates<typename T::Engine> && concepts::EngineCloses<typename T::Engine> &&
    concepts::EngineDescribesItself<typename T::Engine> &&
    (!concepts::Administers<T> || concepts::EngineAdministers<typename T::Engine>)&&(
        !concepts::HearsChanges<T> ||
        concepts::EngineListens<typename T::Engine>)&&(!concepts::CopiesDatabase<T> ||
                                                       concepts::EngineBacksUp<typename T::Engine>);

}  // namespace heddle
