// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/gateway.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/split_query.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/artifact_store_contents.ipp"
#include "heddle/stores/artifact_store_writes.ipp"
#include "heddle/stores/detail/artifact_checks.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/stores/detail/found_artifacts.hpp"
#include "heddle/stores/detail/reindexing_plan.hpp"
#include "heddle/stores/detail/search_parts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

template <class Policy, class Tracer>
std::optional<Artifact> ArtifactStore<Policy, Tracer>::get(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::get_artifact, [&](auto& passage) {
    validation::check_id("artifact id", id);
    return passage.read(
        [&](auto& tx) { return tx.one(stores::detail::artifact_statements<Policy>().find, tx.user_id(), id); });
  });
}

template <class Policy, class Tracer>
std::optional<Artifact> ArtifactStore<Policy, Tracer>::get_by_name(const Context& context, const std::string& name,
                                                                   const std::optional<std::string>& session_id) {
  return gateway_.run(context, Operation::get_artifact_by_name, [&](auto& passage) {
    validation::check_text("artifact name", name, limits::name);
    if (session_id) { validation::check_id("session_id", *session_id); }
    return passage.read([&](auto& tx) {
      return tx.one(stores::detail::artifact_statements<Policy>().find_by_name, tx.user_id(), name, session_id);
    });
  });
}

template <class Policy, class Tracer>
Page<Artifact> ArtifactStore<Policy, Tracer>::list(const Context& context, const ArtifactFilter& filter,
                                                   const PageRequest& request) {
  return gateway_.run(context, Operation::list_artifacts, [&](auto& passage) {
    stores::detail::check_artifact_filter(filter);
    using IfSet = sql::Fields<ArtifactFilter, typename Policy::Dialect::Artifacts::IfSet>;
    const sql::ArtifactRange range{filter.created_from.value_or(Timestamp::min()), filter.include_deleted};
    const sql::Position end{microseconds_of(filter.created_until.value_or(Timestamp::max())), {}};
    const sql::ListPage page(sql::Listing::artifacts, request, sql::default_limit, end, filter);
    if (!request.cursor.empty() && page.start().at >= end.at) { sql::refuse_cursor(); }
    return passage.read([&](auto& tx) {
      const auto& statements = stores::detail::artifact_statements<Policy>();
      const sql::TimeWindow window = page.window();
      const auto all = [&](const auto& statement, const auto&... session) {
        return tx.page(statement, tx.user_id(), IfSet{filter}, sql::Fields<sql::ArtifactRange>{range},
                       sql::Fields<sql::TimeWindow>{window}, session...);
      };
      auto rows = filter.session_id ? all(statements.list_in_session, *filter.session_id) : all(statements.list);
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const Artifact& last) {
          return sql::Position{microseconds_of(last.created_at), last.id};
        });
      };
    });
  });
}

template <class Policy, class Tracer>
FoundArtifacts ArtifactStore<Policy, Tracer>::search(const Context& context, const ArtifactSearch& search,
                                                     const PageRequest& request) {
  if constexpr (concepts::KeepsWordsInRows<Policy>) { stores::detail::ReindexTimer<Policy, Gateway>::compile(); }
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::search_artifacts, [&](auto& passage) {
    stores::detail::check_artifact_search(search);
    const bool any = search.match == WordMatch::any;
    const std::string words = Policy::search_query(sql::search_terms(search.query, any, search.begins_word));
    const sql::ListPage page(sql::Listing::found_artifacts, request, sql::default_search_limit, {}, search);
    const std::int64_t offset = page.offset();
    using Search = typename Policy::Dialect::ArtifactSearch;
    return passage.read([&](auto& tx) {
      auto rows = tx.page(sql::statements<Search>().search, tx.user_id(), words,
                          sql::Fields<ArtifactSearch, typename Search::Filter>{search},
                          search.order == SearchOrder::newest, any, search_candidates_, page.rows(), offset);
      return
          [rows = std::move(rows), &page]() mutable { return stores::detail::found_artifacts(page.of_offset(rows())); };
    });
  });
}

template <class Policy, class Tracer>
bool ArtifactStore<Policy, Tracer>::remove(const Context& context, const std::string& id, DeleteMode mode,
                                           const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::remove_artifact, [&](auto& passage) {
    validation::check_id("artifact id", id);
    validation::check("mode", mode);
    const auto& statements = stores::detail::artifact_statements<Policy>();
    const auto fingerprint = [&] { return sql::fingerprint(id, mode); };
    if (mode == DeleteMode::soft) {
      const Answer answer = passage.write_once(options.idempotency_key, std::nullopt, fingerprint, [&](auto& tx) {
        tx.run_as_answer(statements.remove_softly, tx.user_id(), id, now());
      });
      return answer.number != 0;
    }
    std::optional<std::string> own_path;
    std::vector<std::int64_t> uploads;
    const Answer answer = passage.write_once(options.idempotency_key, std::nullopt, fingerprint, [&](auto& tx) {
      auto path = tx.one(statements.find_own_path, tx.user_id(), id);
      tx.run_as_answer(statements.remove, tx.user_id(), id);
      auto removed = tx.all(stores::detail::content_statements<Policy>().abandoned, tx.user_id(),
                            stores::detail::before_all_uploads, stores::detail::uploads_at_once);
      return [path = std::move(path), removed = std::move(removed), &own_path, &uploads]() mutable {
        own_path = path();
        uploads = removed();
      };
    });
    // Not in a repeat, when a newer file can have the path. After the commit, the file is removed even if the deadline
    // passes or the backend closes.
    stores::detail::FirstFailure failure;
    failure.attempt([&] {
      if (!own_path || answer.repeated) { return; }
      stores::detail::ArtifactFiles(passage.artifact_directory()).remove_file(passage.user_id(), *own_path);
    });
    failure.attempt([&] { stores::detail::remove_all_uploads<Policy>(passage, uploads); });
    failure.rethrow();
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
bool ArtifactStore<Policy, Tracer>::record_access(const Context& context, const std::string& id,
                                                  const WriteOptions& options) {
  return gateway_.run(context, Operation::record_artifact_access, [&](auto& passage) {
    validation::check_id("artifact id", id);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) {
          tx.run_as_answer(stores::detail::artifact_statements<Policy>().record_access, tx.user_id(), id, now());
        });
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
ArtifactStatistics ArtifactStore<Policy, Tracer>::statistics(const Context& context) {
  return gateway_.run(context, Operation::artifact_statistics, [&](auto& passage) {
    return passage.read([&](auto& tx) {
      auto row = tx.one(stores::detail::artifact_statements<Policy>().statistics, tx.user_id());
      return [row = std::move(row)]() mutable { return row().value_or(ArtifactStatistics{}); };
    });
  });
}

template <class Policy, class Tracer>
std::filesystem::path ArtifactStore<Policy, Tracer>::folder(const Context& context, ArtifactFolder kind,
                                                            const std::optional<std::string>& session_id) {
  return gateway_.run(context, Operation::artifact_folder, [&](auto& passage) {
    if (session_id) { validation::check_id("session_id", *session_id); }
    return stores::detail::ArtifactFiles(passage.artifact_directory()).folder(passage.user_id(), kind, session_id);
  });
}

}  // namespace heddle
