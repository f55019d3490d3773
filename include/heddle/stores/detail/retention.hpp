// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/artifact_purge.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_cleanup.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/retention.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heddle::stores::detail {

/// Removes what a RetentionConfig does not keep, of all tenants: one operation for each type of record, so that each
/// has a span and a count of its own; tenant by tenant, in batches, so that no transaction is long.
template <class Policy, class Gateway, class Sessions>
class Retention {
 public:
  /// Both must outlive the object. The hooks of the sessions are run for those that are removed.
  Retention(Gateway& gateway, Sessions& sessions) noexcept : gateway_(gateway), hooks_(sessions.hooks_) {}

  /// Applies all rules; goes on with the next one after a failure, and throws the first one at the end. A template, so
  /// that files that do not apply rules do not compile it.
  RetentionReport apply(const Context& context, const std::same_as<RetentionConfig> auto& config) {
    compile_search_parts<Policy>();
    validation::check_retention("options", config, {});
    const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
    constexpr std::int64_t batch_of_sessions = Policy::Dialect::Admin::purge_batch;
    // Snapshots and requests can have long texts, results are images of tables.
    constexpr std::int64_t many = 1000;
    constexpr std::int64_t some = 100;
    constexpr std::int64_t few = 32;
    RetentionReport report;
    FirstFailure failure;
    const auto apply_rule = [&](std::int64_t& count, Operation operation, const RetentionRule& rule,
                                const auto& removal, auto&& remove_batch) {
      if (rule.is_set()) {
        failure.attempt([&] { count = remove_old(context, operation, rule, removal, remove_batch); });
      }
    };
    const auto rows_of = [](const auto& removal, std::int64_t batch) {
      return [&removal, batch](auto& passage, const Batch& of, FirstFailure& /*failure*/) {
        return of.ended(batch, passage.administer([&](auto& tx) { return of.run(tx, removal, batch); }));
      };
    };
    apply_rule(report.sessions, Operation::remove_old_sessions, config.sessions, sql.sessions,
               [&](auto& passage, const Batch& of, FirstFailure& failed) {
                 return of.ended(batch_of_sessions, remove_sessions(passage, of, batch_of_sessions, failed));
               });
    apply_rule(report.hidden_branches, Operation::remove_old_branches, config.hidden_branches, sql.mark_branches,
               [&](auto& passage, const Batch& of, FirstFailure& /*failed*/) {
                 return of.ended(batch_of_sessions, remove_branches(passage, of, batch_of_sessions));
               });
    apply_rule(report.artifacts, Operation::remove_old_artifacts, config.artifacts, sql.artifacts,
               [&](auto& passage, const Batch& of, FirstFailure& failed) {
                 return of.ended(some, remove_artifacts(passage, of, some, failed));
               });
    apply_rule(report.snapshots, Operation::remove_old_snapshots, config.snapshots, sql.snapshots,
               rows_of(sql.snapshots, some));
    apply_rule(report.errors, Operation::remove_old_errors, config.errors, sql.errors, rows_of(sql.errors, some));
    apply_rule(report.results, Operation::remove_old_results, config.results, sql.results, rows_of(sql.results, few));
    apply_rule(report.requests, Operation::remove_old_requests, config.requests, sql.requests,
               rows_of(sql.requests, some));
    apply_rule(report.keys, Operation::remove_old_keys, config.keys, sql.keys, rows_of(sql.keys, many));
    failure.rethrow();
    return report;
  }

 private:
  /// What a transaction removed, and whether there may be more of the same.
  struct Removed {
    std::int64_t count = 0;
    bool has_more = false;
  };

  /// Which rows of a tenant are old.
  struct Batch {
    const std::string& user_id;
    bool is_by_age;
    std::int64_t bound;  ///< an age in microseconds, or a number

    /// Runs the statement of a removal that is for these rows.
    template <class Transaction, class Removal>
    auto run(Transaction& tx, const Removal& removal, std::int64_t limit) const {
      return tx.run(is_by_age ? removal.by_age : removal.by_count, user_id, now(), bound, limit);
    }
    /// The same for one that returns rows.
    template <class Transaction, class Removal>
    auto all(Transaction& tx, const Removal& removal, std::int64_t limit) const {
      return tx.all(is_by_age ? removal.by_age : removal.by_count, user_id, now(), bound, limit);
    }
    [[nodiscard]] Removed ended(std::int64_t limit, std::int64_t count) const noexcept {
      return {count, count >= limit};
    }
  };

  /// Applies a rule to the tenants that have rows of its type; returns how many were removed.
  template <class Removal, class RemoveBatch>
  std::int64_t remove_old(const Context& context, Operation operation, const RetentionRule& rule,
                          const Removal& removal, RemoveBatch& remove_batch) {
    return gateway_.manage(context, operation, [&](auto& passage) {
      std::int64_t count = 0;
      FirstFailure failure;
      const auto apply_bound = [&](const std::string& user, bool is_by_age, std::int64_t bound) {
        if (bound == 0) { return; }
        for (bool has_more = true; has_more;) {
          passage.context().check();
          const Removed removed = remove_batch(passage, Batch{user, is_by_age, bound}, failure);
          count += removed.count;
          has_more = removed.has_more;
        }
      };
      failure.attempt([&] {
        for_each_tenant(passage, removal.tenants, [&](const std::string& user) {
          apply_bound(user, true, std::chrono::microseconds(rule.max_age).count());
          apply_bound(user, false, rule.max_count);
        });
      });
      passage.count(count);
      failure.rethrow();
      return count;
    });
  }

  /// Calls `use(user)` for each tenant of a list.
  template <class Passage, class Tenants, class Use>
  void for_each_tenant(Passage& passage, const Tenants& tenants, Use&& use) {
    constexpr std::int64_t at_once = 256;
    std::string last;
    for (bool has_more = true; has_more;) {
      const std::vector<std::string> users = passage.oversee([&](auto& tx) {
        tx.require(sees_one_tenant, sql::statements<typename Policy::Dialect::Admin>().sees_all_tenants);
        return tx.all(tenants, last, at_once);
      });
      for (const std::string& user : users) { use(user); }
      has_more = users.size() == static_cast<std::size_t>(at_once);
      if (has_more) { last = users.back(); }
    }
  }

  template <class Passage>
  std::int64_t remove_sessions(Passage& passage, const Batch& of, std::int64_t limit, FirstFailure& failure) {
    const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
    const std::vector<sql::OwnedId> removed = passage.administer([&](auto& tx) {
      if constexpr (requires { sql.detach_by_age; }) {
        tx.run(of.is_by_age ? sql.detach_by_age : sql.detach_by_count, of.user_id, now(), of.bound, limit);
      }
      return of.all(tx, sql.sessions, limit);
    });
    Context of_owner = passage.context();
    of_owner.user_id = of.user_id;
    for (const sql::OwnedId& session : removed) {
      failure.attempt(
          [&] { clean_up_session(passage.artifact_directory(), hooks_, of_owner, session.user_id, session.id); });
    }
    if (!removed.empty()) {
      failure.attempt([&] { remove_uploads_of_all<Policy>(passage); });
    }
    return static_cast<std::int64_t>(removed.size());
  }

  template <class Passage>
  std::int64_t remove_branches(Passage& passage, const Batch& of, std::int64_t limit) {
    return passage.administer([&](auto& tx) {
      const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
      auto marked = of.run(tx, sql.mark_branches, limit);
      if constexpr (requires { sql.hold_sources; }) { tx.one(sql.hold_sources, of.user_id); }
      tx.run(sql.remove_segments, of.user_id);
      tx.run(sql.remove_branches, of.user_id);
      tx.run(sql.release_branches, of.user_id);
      return marked;
    });
  }

  template <class Passage>
  std::int64_t remove_artifacts(Passage& passage, const Batch& of, std::int64_t limit, FirstFailure& failure) {
    const std::vector<sql::RemovedArtifact> removed = passage.administer(
        [&](auto& tx) { return of.all(tx, sql::statements<typename Policy::Dialect::Retention>().artifacts, limit); });
    if (!removed.empty()) { clean_up_artifacts<Policy>(passage, removed, failure); }
    return static_cast<std::int64_t>(removed.size());
  }

  Gateway& gateway_;
  CleanupHooks& hooks_;
};

}  // namespace heddle::stores::detail
