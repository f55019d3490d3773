// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/artifact_store_writes.ipp"
#include "heddle/stores/detail/artifact_checks.hpp"
#include "heddle/stores/detail/artifact_purge.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/content_cursor.hpp"
#include "heddle/stores/detail/content_input.hpp"
#include "heddle/stores/detail/content_upload.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_purge.hpp"
#include "heddle/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The operations of ArtifactStore on contents.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_version{ErrorCode::not_found, "the version of the artifact",
                                         "does not exist, or the artifact does not"};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for options that no content can meet.
void check_put(const std::same_as<PutOptions> auto& options) {
  if (options.size_bytes && (*options.size_bytes < 0 || *options.size_bytes > limits::content)) {
    validation::refuse("options.size_bytes", "is not between 0 and " + std::to_string(limits::content));
  }
  if (options.checksum.empty()) { return; }
  constexpr std::size_t digits = 64;
  if (options.checksum.size() != digits ||
      options.checksum.find_first_not_of("0123456789abcdef") != std::string::npos) {
    validation::refuse("options.checksum", "is not a SHA-256 of 64 lower-case hexadecimal digits");
  }
}

/// Throws `invalid_argument` for what is no version; 0 is the last one.
void check_version(std::same_as<std::int64_t> auto version) {
  if (version < 0) { validation::refuse("version", "is negative"); }
}

/// Begins the next version of an artifact whose content has been stored; its number is the number of the Answer.
template <class Policy, class Transaction>
void begin_version(Transaction& tx, const Artifact& artifact) {
  const auto& contents = content_statements<Policy>();
  const auto& descriptions = artifact_statements<Policy>();
  using Statements = typename Policy::Dialect::Artifacts;
  const sql::SearchText texts{artifact.name, artifact.purpose, artifact.tags};
  tx.require(artifact_deleted.of(artifact.id), descriptions.not_deleted, tx.user_id(), artifact.id);
  if (artifact.revision == 0) {
    tx.require_as_answer(no_such_artifact.of(artifact.id), contents.put, tx.user_id(),
                         sql::Fields<Artifact, typename Statements::Stored>{artifact}, texts);
    return;
  }
  const sql::Fields<Artifact, typename Statements::Changeable> changeable{artifact};
  tx.require(no_such_artifact.of(artifact.id), descriptions.hold, tx.user_id(), artifact.id);
  tx.require(artifact_changed.of(artifact.id), descriptions.is_unchanged, tx.user_id(), artifact.id, changeable,
             artifact.revision);
  tx.require_as_answer(no_such_artifact.of(artifact.id), contents.replace, tx.user_id(), artifact.id, changeable,
                       artifact.updated_at, texts);
}

/// Returns the row of a version; 0: the last one; nothing if there is none.
template <class Policy, class Passage>
[[nodiscard]] std::optional<sql::StoredVersion> find_version(Passage& passage, const std::string& id,
                                                             std::int64_t version) {
  auto found =
      passage.read([&](auto& tx) { return tx.one(content_statements<Policy>().find, tx.user_id(), id, version); });
  if (found && found->version == 0 && (version != 0 || found->last_version != 0)) { found.reset(); }
  return found;
}
/// The same; throws `not_found` if there is none.
template <class Policy, class Passage>
[[nodiscard]] sql::StoredVersion require_version(Passage& passage, const std::string& id, std::int64_t version) {
  auto found = find_version<Policy>(passage, id, version);
  if (!found) { throw no_such_version.of(id).error(); }
  return std::move(*found);
}

}  // namespace stores::detail

template <class Policy, class Tracer>
ArtifactVersion ArtifactStore<Policy, Tracer>::put(const Context& context, const Artifact& artifact,
                                                   const ContentSource& content, const PutOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::put_artifact, [&](auto& passage) {
    stores::detail::check_artifact(artifact);
    stores::detail::check_put(options);
    stores::detail::ContentUpload<Policy, std::remove_reference_t<decltype(passage)>> upload(passage, settings_);
    try {
      upload.read(stores::detail::ContentInput(content), options);
      Artifact described = artifact;
      described.size_bytes = upload.size();
      described.checksum = upload.checksum();
      Artifact stored = described;
      if (stored.content_type.empty()) { stored.content_type = upload.content_type(); }
      if (stored.id.empty()) { stored.id = detail::crypto::random_uuid(); }
      stored.updated_at = now();
      if (stored.created_at == Timestamp{}) { stored.created_at = stored.updated_at; }
      stored.deleted_at.reset();
      bool is_new = false;
      const Answer answer = passage.write_once(
          options.idempotency_key, artifact.session_id, [&] { return sql::fingerprint(described); },
          [&](auto& tx) {
            upload.hold(tx);
            stores::detail::require_session<Policy>(tx, stored.session_id);
            stores::detail::begin_version<Policy>(tx, stored);
            auto kept = upload.store(tx);
            tx.run(stores::detail::content_statements<Policy>().add_version, tx.user_id(), stored.id,
                   stored.updated_at);
            tx.answer(stored.id);
            return [kept = std::move(kept), &is_new]() mutable { is_new = kept(); };
          });
      if (answer.repeated || !is_new) { upload.discard(); }
      if (answer.repeated) {
        const auto first = stores::detail::find_version<Policy>(passage, answer.text, answer.number);
        if (first) { return version_of(*first); }
      }
      return ArtifactVersion{answer.text,       answer.number,       upload.size(),
                             upload.checksum(), stored.content_type, stored.updated_at};
    } catch (...) {
      upload.discard();
      throw;
    }
  });
}

template <class Policy, class Tracer>
ArtifactReader ArtifactStore<Policy, Tracer>::open(const Context& context, const std::string& id,
                                                   std::int64_t version) {
  return gateway_.run(context, Operation::open_artifact, [&](auto& passage) {
    validation::check_id("artifact id", id);
    stores::detail::check_version(version);
    stores::detail::ContentCursor<Policy> cursor(passage,
                                                 stores::detail::require_version<Policy>(passage, id, version));
    return ArtifactReader(
        std::make_unique<stores::detail::OpenContent<Policy, Gateway>>(gateway_, context, std::move(cursor)));
  });
}

template <class Policy, class Tracer>
Page<ArtifactVersion> ArtifactStore<Policy, Tracer>::versions(const Context& context, const std::string& id,
                                                              const PageRequest& request) {
  return gateway_.run(context, Operation::list_artifact_versions, [&](auto& passage) {
    validation::check_id("artifact id", id);
    constexpr std::int64_t after_all = std::numeric_limits<std::int64_t>::max();
    const sql::ListPage page(sql::Listing::artifact_versions, request, sql::default_limit, {after_all, {}}, id);
    return passage.read([&](auto& tx) {
      const std::int64_t before = page.start().at;
      auto rows = tx.page(stores::detail::content_statements<Policy>().list, tx.user_id(), id, before, page.rows());
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const ArtifactVersion& last) { return sql::Position{last.version, {}}; });
      };
    });
  });
}

template <class Policy, class Tracer>
ArtifactVersion ArtifactStore<Policy, Tracer>::restore_version(const Context& context, const std::string& id,
                                                               std::int64_t version, const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::restore_artifact_version, [&](auto& passage) {
    validation::check_id("artifact id", id);
    if (version < 1) { validation::refuse("version", "is not that of a content"); }
    const auto& statements = stores::detail::content_statements<Policy>();
    std::optional<sql::StoredVersion> row;
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(std::string_view(id), version); },
        [&](auto& tx) {
          const Timestamp present = now();
          tx.require_as_answer(stores::detail::no_such_version.of(id), statements.restore, tx.user_id(), id, version,
                               present);
          tx.run(statements.add_version, tx.user_id(), id, present);
          auto found = tx.one(statements.find, tx.user_id(), id, std::int64_t{0});
          return [found = std::move(found), &row]() mutable { row = found(); };
        });
    if (answer.repeated) { row = stores::detail::require_version<Policy>(passage, id, answer.number); }
    if (!row) { throw stores::detail::no_such_version.of(id).error(); }
    return version_of(*row);
  });
}

template <class Policy, class Tracer>
ContentState ArtifactStore<Policy, Tracer>::verify(const Context& context, const std::string& id,
                                                   std::int64_t version) {
  return gateway_.run(context, Operation::verify_artifact, [&](auto& passage) {
    validation::check_id("artifact id", id);
    stores::detail::check_version(version);
    stores::detail::ContentCursor<Policy> cursor(passage,
                                                 stores::detail::require_version<Policy>(passage, id, version));
    std::vector<char> buffer(stores::detail::chunk_bytes);
    try {
      do { passage.context().check(); } while (cursor.next(passage, buffer) != 0);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::data_loss || cursor.state() == ContentState::intact) { throw; }
    }
    return cursor.state();
  });
}

template <class Policy, class Tracer>
std::int64_t ArtifactStore<Policy, Tracer>::sweep_orphans(const Context& context, std::chrono::seconds age) {
  return gateway_.run(context, Operation::sweep_artifacts, [&](auto& passage) {
    const Timestamp present = now();
    const Timestamp before = stores::detail::latest_hiding_time(present, age);
    const std::int64_t swept = stores::detail::sweep_uploads<Policy>(passage, present, before);
    const std::int64_t files = stores::detail::sweep_files<Policy>(passage);
    passage.count(swept + files);
    return swept + files;
  });
}

template <class Policy, class Tracer>
std::int64_t ArtifactStore<Policy, Tracer>::purge_deleted(const Context& context, std::chrono::seconds grace_period) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.manage(context, Operation::purge_deleted_artifacts, [&](auto& passage) {
    const Timestamp present = now();
    const Timestamp before = stores::detail::latest_hiding_time(present, grace_period);
    const std::int64_t count = stores::detail::purge_artifacts<Policy>(passage, present, before);
    passage.count(count);
    return count;
  });
}

template <class Policy, class Tracer>
ContentUsage ArtifactStore<Policy, Tracer>::content_usage(const Context& context) {
  return gateway_.run(context, Operation::artifact_usage, [&](auto& passage) {
    return passage.read([&](auto& tx) {
      auto row = tx.one(stores::detail::content_statements<Policy>().usage, tx.user_id());
      return [row = std::move(row)]() mutable { return row().value_or(ContentUsage{}); };
    });
  });
}

template <class Policy, class Tracer>
void ArtifactStore<Policy, Tracer>::set_quota(const Context& context, std::optional<std::int64_t> bytes) {
  gateway_.run(context, Operation::set_artifact_quota, [&](auto& passage) {
    if (bytes && *bytes < 0) { validation::refuse("bytes", "is negative"); }
    passage.write(
        [&](auto& tx) { return tx.run(stores::detail::content_statements<Policy>().set_quota, tx.user_id(), bytes); });
  });
}

}  // namespace heddle
