#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/search_query.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

/// Descriptions of files, on any backend. Satisfies ArtifactStorage, which says what each operation means. Safe to use
/// from many threads.
template <class Policy, class Tracer>
class ArtifactStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  explicit ArtifactStore(Gateway& gateway) : gateway_(gateway) {}

  /// Inserts an artifact or updates it; answers its id.
  std::string index(const Context& context, const Artifact& artifact, const WriteOptions& options = {}) {
    check(artifact);
    Artifact stored = artifact;
    if (stored.id.empty()) { stored.id = detail::crypto::random_uuid(); }
    stored.updated_at = now();
    if (stored.created_at == Timestamp{}) { stored.created_at = stored.updated_at; }
    stored.deleted_at.reset();
    return gateway_
        .write_once(
            context, "index_artifact", options, artifact.session_id, [&] { return fingerprint(artifact); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, stored.session_id);
              tx.require(is_deleted, dialect().index, tx.user_id(), sql::Fields<Artifact>{stored}, texts_of(stored));
              tx.answer(stored.id);
            })
        .text;
  }

  /// The artifact of this id; nothing if there is none.
  [[nodiscard]] std::optional<Artifact> get(const Context& context, const std::string& id) {
    validation::check_id("artifact id", id);
    return gateway_.read(context, "get_artifact", [&](auto& tx) { return tx.one(dialect().find, tx.user_id(), id); });
  }

  /// The newest artifact of this name in a session, or among those without one; nothing if there is none.
  [[nodiscard]] std::optional<Artifact> get_by_name(const Context& context, const std::string& name,
                                                    const std::optional<std::string>& session_id = {}) {
    validation::check_text("artifact name", name, limits::name);
    if (session_id) { validation::check_id("session_id", *session_id); }
    return gateway_.read(context, "get_artifact_by_name",
                         [&](auto& tx) { return tx.one(dialect().find_by_name, tx.user_id(), name, session_id); });
  }

  /// The artifacts that pass the filter, newest first.
  [[nodiscard]] Page<Artifact> list(const Context& context, const ArtifactFilter& filter = {},
                                    const PageRequest& request = {}) {
    check(filter);
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const Timestamp from = filter.created_from.value_or(Timestamp::min());
    const sql::Position end{microseconds_of(filter.created_until.value_or(Timestamp::max())), {}};
    sql::Position position = sql::read_cursor('i', request.cursor, end);
    if (position.at >= end.at) { position = end; }
    return gateway_.read(context, "list_artifacts", [&](auto& tx) {
      const auto all = [&](const auto& statement, const auto&... session) {
        return tx.all(statement, tx.user_id(), filter.source, filter.content_type, filter.tags, filter.min_size_bytes,
                      filter.max_size_bytes, from, filter.include_deleted, sql::time_of(position), position.id,
                      limit + 1, session...);
      };
      auto rows = filter.session_id ? all(dialect().list_in_session, *filter.session_id) : all(dialect().list);
      return [rows = std::move(rows), limit]() mutable {
        return sql::make_page('i', rows(), limit, [](const Artifact& last) {
          return sql::Position{microseconds_of(last.created_at), last.id};
        });
      };
    });
  }

  /// Artifacts that match, best first; 20 if the request names no limit.
  [[nodiscard]] Page<Artifact> search(const Context& context, const std::string& query,
                                      const PageRequest& request = {}) {
    const std::string words = Policy::search_query(sql::search_terms(query));
    const std::int64_t limit = sql::limit_of(request, 20);
    const std::int64_t offset = sql::read_cursor('j', request.cursor, {}).at;
    if (offset < 0) { validation::refuse("page.cursor", "does not come from this list"); }
    return gateway_.read(context, "search_artifacts", [&](auto& tx) {
      auto rows = tx.all(dialect().search, tx.user_id(), words, limit + 1, offset);
      return [rows = std::move(rows), limit, offset]() mutable {
        return sql::make_page('j', rows(), limit, [&](const Artifact&) { return sql::Position{offset + limit, {}}; });
      };
    });
  }

  /// Updates an artifact; false if there is none of this id.
  bool update(const Context& context, const Artifact& artifact, const WriteOptions& options = {}) {
    validation::check_id("artifact.id", artifact.id);
    check(artifact);
    using Body = typename Statements::Body;
    return changed(gateway_.write_once(
        context, "update_artifact", options, artifact.session_id, [&] { return fingerprint(artifact); },
        [&](auto& tx) {
          stores::detail::require_session<Policy>(tx, artifact.session_id);
          tx.run_as_answer(dialect().update, tx.user_id(), Body{artifact}, now(), artifact.tags, artifact.metadata,
                           artifact.session_id, texts_of(artifact));
        }));
  }

  /// Deletes an artifact; false if there was none.
  bool remove(const Context& context, const std::string& id, DeleteMode mode, const WriteOptions& options = {}) {
    validation::check_id("artifact id", id);
    validation::check("mode", mode);
    return mode == DeleteMode::soft ? remove_softly(context, id, options) : remove_for_good(context, id, options);
  }

  /// Counts an access to the artifact's file; false if there is no such artifact.
  bool record_access(const Context& context, const std::string& id, const WriteOptions& options = {}) {
    validation::check_id("artifact id", id);
    return changed(gateway_.write_once(
        context, "record_artifact_access", options, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) { tx.run_as_answer(dialect().record_access, tx.user_id(), id, now()); }));
  }

  /// The tenant's artifacts in numbers.
  [[nodiscard]] ArtifactStatistics statistics(const Context& context) {
    return gateway_.read(context, "artifact_statistics", [&](auto& tx) {
      auto row = tx.one(dialect().statistics, tx.user_id());
      return [row = std::move(row)]() mutable { return row().value_or(ArtifactStatistics{}); };
    });
  }

  /// Where a new file belongs; makes no folder. Throws `failed_precondition` if the backend has no artifact directory.
  [[nodiscard]] std::filesystem::path folder(const Context& context, ArtifactFolder kind,
                                             const std::optional<std::string>& session_id = {}) {
    if (session_id) { validation::check_id("session_id", *session_id); }
    return gateway_.pass(context, "artifact_folder",
                         [&](const Call& call) { return files().folder(call.user_id, kind, session_id); });
  }

 private:
  using Statements = typename Policy::Dialect::Artifacts;

  static constexpr Refusal is_deleted{ErrorCode::failed_precondition, "the artifact is deleted"};

  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Artifacts>(); }

  /// Tags are stored as JSON and searched as they stand there: an escape sequence would become a part of a word.
  static void check_tags(std::string_view field, const std::vector<std::string>& tags) {
    validation::check_size(field, tags);
    for (const std::string& tag : tags) {
      validation::check_text(field, tag, limits::name);
      const auto is_control = [](char each) { return static_cast<unsigned char>(each) < 0x20; };
      if (std::any_of(tag.begin(), tag.end(), is_control)) {
        validation::refuse(field, "have a control character in them");
      }
    }
  }

  static void check(const Artifact& artifact) {
    validation::check("artifact", artifact);
    validation::check_text("artifact.name", artifact.name, limits::name);
    validation::check_text("artifact.path", artifact.path, limits::name);
    validation::check_text("artifact.content_type", artifact.content_type, limits::name);
    validation::check_text("artifact.checksum", artifact.checksum, limits::name);
    check_tags("artifact.tags", artifact.tags);
    validation::check_time("artifact.created_at", artifact.created_at);
    if (artifact.last_accessed_at) { validation::check_time("artifact.last_accessed_at", *artifact.last_accessed_at); }
    if (artifact.size_bytes < 0) { validation::refuse("artifact.size_bytes", "is negative"); }
    if (artifact.access_count < 0) { validation::refuse("artifact.access_count", "is negative"); }
    if (artifact.session_id) { validation::check_id("artifact.session_id", *artifact.session_id); }
  }

  static void check(const ArtifactFilter& filter) {
    if (filter.source) { validation::check("filter.source", *filter.source); }
    if (filter.content_type) { validation::check_text("filter.content_type", *filter.content_type, limits::name); }
    check_tags("filter.tags", filter.tags);
    if (filter.session_id) { validation::check_id("filter.session_id", *filter.session_id); }
  }

  /// What it is found by.
  static sql::SearchText texts_of(const Artifact& artifact) { return {artifact.name, artifact.purpose, artifact.tags}; }

  /// Of everything that a write stores of it.
  static std::string fingerprint(const Artifact& artifact) {
    return sql::fingerprint(typename Statements::Body{artifact}, artifact.created_at, artifact.last_accessed_at,
                            artifact.access_count, artifact.tags, artifact.metadata, artifact.session_id);
  }

  static bool changed(const Answer& answer) { return answer.number != 0; }

  [[nodiscard]] stores::detail::ArtifactFiles files() {
    return stores::detail::ArtifactFiles(gateway_.engine().artifact_directory());
  }

  bool remove_softly(const Context& context, const std::string& id, const WriteOptions& options) {
    return changed(gateway_.write_once(
        context, "remove_artifact", options, std::nullopt, [&] { return sql::fingerprint(id, DeleteMode::soft); },
        [&](auto& tx) { tx.run_as_answer(dialect().remove_softly, tx.user_id(), id, now()); }));
  }

  bool remove_for_good(const Context& context, const std::string& id, const WriteOptions& options) {
    // One operation around both: after the commit, neither the deadline nor a closing backend may save the file.
    return gateway_.pass(context, "remove_artifact_and_file", [&](const Call& call) {
      std::optional<std::string> own_path;
      const Answer answer = gateway_.write_once(
          context, "remove_artifact", options, std::nullopt, [&] { return sql::fingerprint(id, DeleteMode::hard); },
          [&](auto& tx) {
            auto path = tx.one(dialect().find_own_path, tx.user_id(), id);
            tx.run_as_answer(dialect().remove, tx.user_id(), id);
            return [path = std::move(path), &own_path]() mutable { own_path = path(); };
          });
      // Not in a repeat: by then another file can have the path.
      if (own_path && !answer.repeated) { files().remove_file(call.user_id, *own_path); }
      return changed(answer);
    });
  }

  Gateway& gateway_;
};

}  // namespace heddle
