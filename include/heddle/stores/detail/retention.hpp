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
    // How many one transaction removes. Snapshots and requests can have long texts, results are images of tables.
    constexpr std::int64_t whole = Policy::Dialect::Admin::purge_batch;
    constexpr std::int64_t many = 1000;
    constexpr std::int64_t some = 100;
    constexpr std::int64_t few = 32;
    RetentionReport report;
    FirstFailure failure;
    const auto apply_rule = [&](std::int64_t& count, Operation operation, const RetentionRule& rule, std::int64_t limit,
                                const auto& removal, auto&& remove_batch) {
      if (!rule.is_set()) { return; }
      failure.attempt([&] { count = this->remove_old(context, operation, rule, limit, removal, remove_batch); });
    };
    const auto rows_of = [](const auto& removal) {
      return [&removal](auto& passage, const Batch& batch, FirstFailure& /*failure*/) {
        return passage.administer([&](auto& tx) { return batch.run(tx, removal); });
      };
    };
    apply_rule(report.sessions, Operation::remove_old_sessions, config.sessions, whole, sql.sessions,
               [this](auto& passage, const Batch& batch, FirstFailure& failed) {
                 return this->remove_sessions(passage, batch, failed);
               });
    apply_rule(report.hidden_branches, Operation::remove_old_branches, config.hidden_branches, whole, sql.mark_branches,
               [this](auto& passage, const Batch& batch, FirstFailure& /*failed*/) {
                 return this->remove_branches(passage, batch);
               });
    apply_rule(report.artifacts, Operation::remove_old_artifacts, config.artifacts, some, sql.artifacts,
               [this](auto& passage, const Batch& batch, FirstFailure& failed) {
                 return this->remove_artifacts(passage, batch, failed);
               });
    apply_rule(report.snapshots, Operation::remove_old_snapshots, config.snapshots, some, sql.snapshots,
               rows_of(sql.snapshots));
    apply_rule(report.errors, Operation::remove_old_errors, config.errors, some, sql.errors, rows_of(sql.errors));
    apply_rule(report.results, Operation::remove_old_results, config.results, few, sql.results, rows_of(sql.results));
    apply_rule(report.requests, Operation::remove_old_requests, config.requests, some, sql.requests,
               [this](auto& passage, const Batch& batch, FirstFailure& /*failed*/) {
                 return this->remove_requests(passage, batch);
               });
    apply_rule(report.keys, Operation::remove_old_keys, config.keys, many, sql.keys, rows_of(sql.keys));
    failure.rethrow();
    return report;
  }

 private:
  /// Which rows of a tenant a transaction removes.
  struct Batch {
    const std::string& user_id;
    bool is_by_age;
    std::int64_t bound;  ///< an age in microseconds, or a number
    std::int64_t limit;
    Timestamp present;  ///< the same for all statements: they must mean the same rows

    /// Runs the statement of a removal that is for these rows.
    template <class Transaction, class Removal>
    auto run(Transaction& tx, const Removal& removal) const {
      return tx.run(is_by_age ? removal.by_age : removal.by_count, user_id, present, bound, limit);
    }
    /// The same for one that returns rows.
    template <class Transaction, class Removal>
    auto all(Transaction& tx, const Removal& removal) const {
      return tx.all(is_by_age ? removal.by_age : removal.by_count, user_id, present, bound, limit);
    }
  };

  /// Applies a rule to the tenants that have rows of its type; returns how many were removed.
  template <class Removal, class RemoveBatch>
  std::int64_t remove_old(const Context& context, Operation operation, const RetentionRule& rule, std::int64_t limit,
                          const Removal& removal, RemoveBatch& remove_batch) {
    return gateway_.manage(context, operation, [&](auto& passage) {
      std::int64_t count = 0;
      FirstFailure failure;
      const auto apply_bound = [&](const std::string& user, bool is_by_age, std::int64_t bound) {
        if (bound == 0) { return; }
        for (std::int64_t removed = limit; removed >= limit; count += removed) {
          passage.context().check();
          removed = remove_batch(passage, Batch{user, is_by_age, bound, limit, now()}, failure);
        }
      };
      failure.attempt([&] {
        this->for_each_tenant(passage, removal.tenants, [&](const std::string& user) {
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
  std::int64_t remove_sessions(Passage& passage, const Batch& batch, FirstFailure& failure) {
    const std::vector<sql::OwnedId> removed = passage.administer([&](auto& tx) {
      const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
      if constexpr (requires { sql.detach_children; }) { batch.run(tx, sql.detach_children); }
      return batch.all(tx, sql.sessions);
    });
    Context of_owner = passage.context();
    of_owner.user_id = batch.user_id;
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
  std::int64_t remove_branches(Passage& passage, const Batch& batch) {
    return passage.administer([&](auto& tx) {
      const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
      auto marked = batch.run(tx, sql.mark_branches);
      if constexpr (requires { sql.hold_sources; }) { tx.one(sql.hold_sources, batch.user_id); }
      tx.run(sql.remove_segments, batch.user_id);
      tx.run(sql.remove_branches, batch.user_id);
      tx.run(sql.release_branches, batch.user_id);
      return marked;
    });
  }

  /// First settles the requests whose time is over, as `expire` does.
  template <class Passage>
  std::int64_t remove_requests(Passage& passage, const Batch& batch) {
    return passage.administer([&](auto& tx) {
      tx.run(sql::statements<typename Policy::Dialect::HumanRequests>().expire, batch.user_id, batch.present);
      return batch.run(tx, sql::statements<typename Policy::Dialect::Retention>().requests);
    });
  }

  template <class Passage>
  std::int64_t remove_artifacts(Passage& passage, const Batch& batch, FirstFailure& failure) {
    const std::vector<sql::RemovedArtifact> removed = passage.administer(
        [&](auto& tx) { return batch.all(tx, sql::statements<typename Policy::Dialect::Retention>().artifacts); });
    if (!removed.empty()) { clean_up_artifacts<Policy>(passage, removed, failure); }
    return static_cast<std::int64_t>(removed.size());
  }

  Gateway& gateway_;
  CleanupHooks& hooks_;
};

}  // namespace heddle::stores::detail
