// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/artifact_purge.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/stores/detail/purge_timer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_cleanup.hpp"
#include "heddle/stores/detail/session_filter.hpp"
#include "heddle/stores/detail/session_lists.hpp"
#include "heddle/stores/detail/session_purge.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/stores/session_store_branches.ipp"
#include "heddle/stores/session_store_folds.ipp"
#include "heddle/stores/session_store_messages.ipp"
#include "heddle/stores/session_store_records.ipp"
#include "heddle/stores/session_store_saves.ipp"
#include "heddle/stores/session_store_tool_calls.ipp"
#include "heddle/validation/check.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

template <class Policy, class Tracer>
std::optional<Session> SessionStore<Policy, Tracer>::load_session(const Context& context, const std::string& id,
                                                                  const PageRequest& page) {
  return gateway_.run(context, Operation::load_session, [&](auto& passage) {
    validation::check_id("session id", id);
    const stores::detail::MessageList query(sql::Listing::messages_of_session, page, id);
    return passage.read([&](auto& tx) {
      const auto& lists = stores::detail::message_lists<Policy>();
      auto session = tx.one(stores::detail::session_statements<Policy>().find, tx.user_id(), id);
      stores::detail::require_branch(tx, lists.same_branch, query, id);
      auto messages = tx.page(lists.list, tx.user_id(), id, query.after(), query.rows());
      return [session = std::move(session), messages = std::move(messages), &query]() mutable {
        std::optional<Session> loaded = session();
        if (loaded) { loaded->messages = query.of(messages()); }
        return loaded;
      };
    });
  });
}

template <class Policy, class Tracer>
Page<std::string> SessionStore<Policy, Tracer>::list_sessions(const Context& context, const PageRequest& request) {
  return gateway_.run(context, Operation::list_sessions, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::sessions, request, sql::default_limit, {sql::after_all, {}});
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows =
          tx.all(stores::detail::session_statements<Policy>().list, tx.user_id(), sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable { return stores::detail::page_of_ids(page, rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<std::string> SessionStore<Policy, Tracer>::list_agent_sessions(const Context& context, const std::string& agent_id,
                                                                    const PageRequest& request) {
  return gateway_.run(context, Operation::list_agent_sessions, [&](auto& passage) {
    validation::check_text("agent_id", agent_id, limits::id);
    const sql::ListPage page(sql::Listing::sessions_of_agent, request, sql::default_limit, {sql::after_all, {}},
                             agent_id);
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.all(stores::detail::session_statements<Policy>().list_of_agent, tx.user_id(), agent_id,
                         sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable { return stores::detail::page_of_ids(page, rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<SessionSummary> SessionStore<Policy, Tracer>::find_sessions(const Context& context, const SessionFilter& filter,
                                                                 const PageRequest& request) {
  return gateway_.run(context, Operation::find_sessions, [&](auto& passage) {
    stores::detail::check_session_filter(filter);
    const sql::ListPage page(sql::Listing::session_summaries, request, sql::default_limit,
                             {filter.oldest_first ? sql::before_all : sql::after_all, {}}, filter);
    return passage.read([&](auto& tx) {
      const sql::SessionConditions conditions = stores::detail::conditions_of(filter);
      const sql::TimeWindow window = page.window();
      const auto& lists = sql::statements<typename Policy::Dialect::Sessions::Lists>();
      auto rows = tx.page(stores::detail::list_for(lists, filter), tx.user_id(),
                          sql::Fields<sql::SessionConditions>{conditions}, sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const SessionSummary& last) {
          return sql::Position{microseconds_of(last.updated_at), last.id};
        });
      };
    });
  });
}

template <class Policy, class Tracer>
bool SessionStore<Policy, Tracer>::delete_session(const Context& context, const std::string& id,
                                                  const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::delete_session, [&](auto& passage) {
    validation::check_id("session id", id);
    std::vector<std::int64_t> uploads;
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) {
          tx.run(stores::detail::session_statements<Policy>().detach_children, tx.user_id(), id);
          tx.run_as_answer(stores::detail::session_statements<Policy>().remove, tx.user_id(), id);
          auto removed = tx.all(stores::detail::content_statements<Policy>().abandoned, tx.user_id(),
                                stores::detail::before_all_uploads, stores::detail::uploads_at_once);
          return [removed = std::move(removed), &uploads]() mutable { uploads = removed(); };
        });
    // Not in a repeat, when the id can be that of a newer session. After the commit, the files are removed and the
    // hooks run even if the deadline passes or the backend closes.
    if (answer.number != 0 && !answer.repeated) {
      stores::detail::FirstFailure failure;
      failure.attempt([&] { stores::detail::remove_all_uploads<Policy>(passage, uploads); });
      failure.attempt([&] {
        stores::detail::clean_up_session(passage.artifact_directory(), hooks_, passage.context(), passage.user_id(),
                                         id);
      });
      failure.rethrow();
    }
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
bool SessionStore<Policy, Tracer>::soft_delete_session(
    const Context& context, const std::string& id,
    const WriteOptions& options) requires concepts::HidesSessions<Policy> {
  if constexpr (concepts::HidesSessions<Policy>) {
    stores::detail::PurgeTimer<SessionStore, ArtifactStore<Policy, Tracer>>::compile();
    return gateway_.run(context, Operation::soft_delete_session, [&](auto& passage) {
      validation::check_id("session id", id);
      if (!passage.can_soft_delete()) { throw stores::detail::soft_deletion_is_off.error(); }
      const Answer answer = passage.write_once(
          options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
          [&](auto& tx) {
            tx.run_as_answer(sql::statements<typename Policy::Dialect::SoftDeletion>().soft_remove, tx.user_id(), id,
                             now());
          });
      return answer.number != 0;
    });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class Tracer>
bool SessionStore<Policy, Tracer>::restore_session(
    const Context& context, const std::string& id,
    const WriteOptions& options) requires concepts::HidesSessions<Policy> {
  if constexpr (concepts::HidesSessions<Policy>) {
    stores::detail::PurgeTimer<SessionStore, ArtifactStore<Policy, Tracer>>::compile();
    return gateway_.run(context, Operation::restore_session, [&](auto& passage) {
      validation::check_id("session id", id);
      const Answer answer = passage.write_once(
          options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
          [&](auto& tx) {
            tx.run_as_answer(sql::statements<typename Policy::Dialect::SoftDeletion>().restore, tx.user_id(), id);
          });
      return answer.number != 0;
    });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::purge_deleted_sessions(
    const Context& context, std::chrono::seconds grace_period) requires concepts::HidesSessions<Policy> {
  if constexpr (concepts::HidesSessions<Policy>) {
    stores::detail::PurgeTimer<SessionStore, ArtifactStore<Policy, Tracer>>::compile();
    stores::detail::compile_search_parts<Policy>();
    return gateway_.manage(context, Operation::purge_deleted_sessions, [&](auto& passage) {
      const Timestamp present = now();
      const Timestamp before = stores::detail::latest_hiding_time(present, grace_period);
      bool has_uploads = false;
      auto remove_batch = [&](auto& tx) {
        const auto& admin = sql::statements<typename Policy::Dialect::Admin>();
        tx.require(stores::detail::sees_one_tenant, admin.sees_all_tenants);
        auto rows = tx.all(admin.purge_deleted, present, before, admin.purge_batch);
        auto abandoned = tx.all(stores::detail::content_statements<Policy>().all_abandoned, std::string_view(),
                                stores::detail::before_all_uploads, std::int64_t{1});
        return [rows = std::move(rows), abandoned = std::move(abandoned), &has_uploads]() mutable {
          has_uploads = !abandoned().empty();
          return rows();
        };
      };
      stores::detail::SessionPurge purge(sql::statements<typename Policy::Dialect::Admin>().purge_batch);
      purge.run([&] { return passage.administer(remove_batch); },
                [&](const std::vector<sql::OwnedId>& removed, stores::detail::FirstFailure& failure) {
                  stores::detail::clean_up_sessions(passage.artifact_directory(), hooks_, passage.context(), removed,
                                                    failure);
                });
      if (has_uploads) {
        purge.attempt([&] { stores::detail::remove_uploads_of_all<Policy>(passage); });
      }
      passage.count(purge.count());
      purge.rethrow_failure();
      return purge.count();
    });
  } else {
    concepts::never_called();
  }
}

template <class Policy, class Tracer>
CleanupHookId SessionStore<Policy, Tracer>::add_cleanup_hook(CleanupHook hook) {
  return hooks_.add(std::move(hook));
}

template <class Policy, class Tracer>
bool SessionStore<Policy, Tracer>::remove_cleanup_hook(CleanupHookId id) {
  return hooks_.remove(id);
}

template <class Policy, class Tracer>
void SessionStore<Policy, Tracer>::clean_up_session(const Context& context, const std::string& id) {
  gateway_.run(context, Operation::clean_up_session, [&](auto& passage) {
    validation::check_id("session id", id);
    const bool exists = passage.read([&](auto& tx) {
      const auto& statements = stores::detail::session_statements<Policy>();
      auto shown = tx.one(statements.find, tx.user_id(), id);
      auto not_hidden = tx.one(statements.not_hidden, tx.user_id(), id);
      return [shown = std::move(shown), not_hidden = std::move(not_hidden)]() mutable {
        return shown().has_value() || !not_hidden().has_value();
      };
    });
    if (exists) { throw stores::detail::session_exists.of(id).error(); }
    stores::detail::clean_up_session(passage.artifact_directory(), hooks_, passage.context(), passage.user_id(), id);
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::purge_idempotency_keys(const Context& context, Timestamp before) {
  return gateway_.run(context, Operation::purge_idempotency_keys, [&](auto& passage) {
    return passage.write([&](auto& tx) {
      return tx.run(stores::detail::session_statements<Policy>().purge_keys, tx.user_id(), before);
    });
  });
}

template <class Policy, class Tracer>
SessionStatistics SessionStore<Policy, Tracer>::statistics(const Context& context) {
  return gateway_.run(context, Operation::statistics, [&](auto& passage) {
    return passage.read([&](auto& tx) {
      auto row = tx.one(stores::detail::session_statements<Policy>().statistics, tx.user_id());
      return [row = std::move(row)]() mutable { return row().value_or(SessionStatistics{}); };
    });
  });
}

}  // namespace heddle
