// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/retention_rows.hpp"
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
#include <optional>
#include <string>
#include <utility>
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
    RetentionReport report;
    FirstFailure failure;
    const auto apply_rule = [&](std::int64_t& count, Operation operation, const RetentionRule& rule,
                                const auto& removal, auto&& remove_batch) {
      if (!rule.is_set()) { return; }
      failure.attempt([&] { count = this->remove_old(context, operation, rule, removal, remove_batch); });
    };
    const auto rows_of = [](const auto& removal, std::int64_t limit) {
      return [&removal, limit](auto& passage, const std::string& user, const sql::OldRecords& old,
                               FirstFailure& /*failure*/) {
        return passage.administer(
            [&](auto& tx) { return tx.run(removal.remove, user, sql::Fields<sql::OldRecords>{old}, limit); });
      };
    };
    apply_rule(report.sessions, Operation::remove_old_sessions, config.sessions, sql.sessions,
               [this](auto& passage, const std::string& user, const sql::OldRecords& old, FirstFailure& failed) {
                 return this->remove_sessions(passage, user, old, whole, failed);
               });
    apply_rule(report.hidden_branches, Operation::remove_old_branches, config.hidden_branches, sql.branches,
               [this](auto& passage, const std::string& user, const sql::OldBranches& old, FirstFailure& /*failed*/) {
                 return this->remove_branches(passage, user, old, whole);
               });
    apply_rule(report.artifacts, Operation::remove_old_artifacts, config.artifacts, sql.artifacts,
               [this](auto& passage, const std::string& user, const sql::OldRecords& old, FirstFailure& failed) {
                 return this->remove_artifacts(passage, user, old, some, failed);
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
  // How many one transaction removes. Snapshots and requests can have long texts, results are images of tables.
  static constexpr std::int64_t whole = Policy::Dialect::Admin::purge_batch;
  static constexpr std::int64_t many = 1000;
  static constexpr std::int64_t some = 100;
  static constexpr std::int64_t few = 32;

  /// Applies a rule to the tenants that have rows of its type; returns how many were removed. A tenant of whom much is
  /// removed lets the others have their turn in between.
  template <class Removal, class RemoveBatch>
  std::int64_t remove_old(const Context& context, Operation operation, const RetentionRule& rule,
                          const Removal& removal, RemoveBatch& remove_batch) {
    struct Rest {
      std::string user;
      typename Removal::Bound old;
    };
    return gateway_.manage(context, operation, [&](auto& passage) {
      constexpr int batches_of_a_turn = 10;
      std::int64_t count = 0;
      FirstFailure failure;
      std::vector<Rest> rest;
      const auto take_turn = [&](Rest&& of) {
        bool has_more = true;
        // What fails for one tenant need not fail for others.
        failure.attempt([&] {
          for (int batch = 0; has_more && batch < batches_of_a_turn; ++batch) {
            passage.context().check();
            const std::int64_t removed = remove_batch(passage, of.user, of.old, failure);
            count += removed;
            has_more = removed > 0;
          }
          if (has_more) { rest.push_back(std::move(of)); }
        });
      };
      failure.attempt([&] {
        this->for_each_tenant(passage, removal.tenants, [&](const std::string& user) {
          passage.context().check();
          const auto apply_bound = [&](const auto& find, std::int64_t bound) {
            if (bound == 0) { return; }
            failure.attempt([&] {
              if (auto old = this->find_old<Removal>(passage, operation, find, user, bound)) {
                take_turn({user, std::move(*old)});
              }
            });
          };
          apply_bound(removal.by_age, std::chrono::microseconds(rule.max_age).count());
          apply_bound(removal.by_count, rule.max_count);
        });
      });
      while (!rest.empty()) {
        std::vector<Rest> turns;
        turns.swap(rest);
        for (Rest& turn : turns) { take_turn(std::move(turn)); }
      }
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

  /// Returns which rows of a tenant are old; nothing if none is. First settles the requests whose time is over, as
  /// `expire` does.
  template <class Removal, class Passage, class Find>
  std::optional<typename Removal::Bound> find_old(Passage& passage, Operation operation, const Find& find,
                                                  const std::string& user, std::int64_t bound) {
    const Timestamp present = now();
    if (operation == Operation::remove_old_requests) {
      return passage.administer([&](auto& tx) {
        tx.run(sql::statements<typename Policy::Dialect::HumanRequests>().expire, user, present);
        return tx.one(find, user, present, bound);
      });
    }
    return passage.oversee([&](auto& tx) { return tx.one(find, user, present, bound); });
  }

  template <class Passage>
  std::int64_t remove_sessions(Passage& passage, const std::string& user, const sql::OldRecords& old,
                               std::int64_t limit, FirstFailure& failure) {
    const std::vector<sql::OwnedId> removed = passage.administer([&](auto& tx) {
      const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
      const sql::Fields<sql::OldRecords> of_rule{old};
      if constexpr (requires { sql.detach_children; }) { tx.run(sql.detach_children, user, of_rule, limit); }
      return tx.all(sql.sessions.remove, user, of_rule, limit);
    });
    clean_up_sessions(passage.artifact_directory(), hooks_, passage.context(), removed, failure);
    if (!removed.empty()) {
      failure.attempt([&] { remove_uploads_of_all<Policy>(passage); });
    }
    return static_cast<std::int64_t>(removed.size());
  }

  template <class Passage>
  std::int64_t remove_branches(Passage& passage, const std::string& user, const sql::OldBranches& old,
                               std::int64_t limit) {
    return passage.administer([&](auto& tx) {
      const auto& sql = sql::statements<typename Policy::Dialect::Retention>();
      auto marked = tx.run(sql.branches.mark, user, sql::Fields<sql::OldBranches>{old}, limit);
      if constexpr (requires { sql.hold_sources; }) { tx.one(sql.hold_sources, user); }
      tx.run(sql.remove_segments, user);
      tx.run(sql.remove_branches, user);
      tx.run(sql.release_branches, user);
      return marked;
    });
  }

  template <class Passage>
  std::int64_t remove_artifacts(Passage& passage, const std::string& user, const sql::OldRecords& old,
                                std::int64_t limit, FirstFailure& failure) {
    const std::vector<sql::RemovedArtifact> removed = passage.administer([&](auto& tx) {
      return tx.all(sql::statements<typename Policy::Dialect::Retention>().artifacts.remove, user,
                    sql::Fields<sql::OldRecords>{old}, limit);
    });
    if (!removed.empty()) { clean_up_artifacts<Policy>(passage, removed, failure); }
    return static_cast<std::int64_t>(removed.size());
  }

  Gateway& gateway_;
  CleanupHooks& hooks_;
};

}  // namespace heddle::stores::detail
