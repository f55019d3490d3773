// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/artifact_store.hpp"
#include "heddle/stores/detail/artifact_checks.hpp"
#include "heddle/stores/detail/artifact_patch.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The operations of ArtifactStore that write a description.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_artifact{ErrorCode::not_found, "the artifact", "does not exist"};
inline constexpr Refusal artifact_deleted{ErrorCode::failed_precondition, "the artifact",
                                          "is soft-deleted, or its session is: use another id"};
inline constexpr Refusal artifact_differs{
    ErrorCode::conflict, "the artifact",
    "exists already and is another one: a patch changes what you name, and a write replaces it with the revision at "
    "which it was loaded"};
inline constexpr Refusal artifact_changed{
    ErrorCode::conflict, "the artifact",
    "has another revision than the given one: load it again and decide, or name the changes in a patch"};

template <class Policy>
[[nodiscard]] const auto& artifact_statements() {
  return sql::statements<typename Policy::Dialect::Artifacts>();
}

/// Writes an artifact as a whole.
template <class Policy>
class ArtifactWriter {
 public:
  explicit ArtifactWriter(const Artifact& artifact)
      : artifact_(artifact), texts_{artifact.name, artifact.purpose, artifact.tags} {}

  /// Inserts the artifact.
  template <class Transaction>
  void insert(Transaction& tx) const {
    require_session<Policy>(tx, artifact_.session_id);
    tx.require(artifact_deleted.of(artifact_.id), statements_.not_deleted, tx.user_id(), artifact_.id);
    tx.require(artifact_differs.of(artifact_.id), statements_.insert, tx.user_id(), Stored{artifact_}, texts_);
  }
  /// Replaces the artifact, which must exist, at its revision.
  template <class Transaction>
  void replace(Transaction& tx) const {
    tx.require(artifact_deleted.of(artifact_.id), statements_.not_deleted, tx.user_id(), artifact_.id);
    tx.require(no_such_artifact.of(artifact_.id), statements_.hold, tx.user_id(), artifact_.id);
    update(tx);
  }
  /// Replaces the artifact at its revision if it exists; its Answer is the number of replaced artifacts.
  template <class Transaction>
  void update(Transaction& tx) const {
    require_session<Policy>(tx, artifact_.session_id);
    tx.run(statements_.hold, tx.user_id(), artifact_.id);
    const Refusal& refusal = artifact_.revision == 0 ? artifact_differs : artifact_changed;
    tx.require(refusal.of(artifact_.id), statements_.is_unchanged, tx.user_id(), artifact_.id, Changeable{artifact_},
               artifact_.revision);
    tx.run_as_answer(statements_.replace, tx.user_id(), artifact_.id, Changeable{artifact_}, now(), texts_);
  }

 private:
  using Statements = typename Policy::Dialect::Artifacts;
  using Stored = sql::Fields<Artifact, typename Statements::Stored>;
  using Changeable = sql::Fields<Artifact, typename Statements::Changeable>;

  const Artifact& artifact_;
  const sql::SearchText texts_;
  const Statements& statements_ = artifact_statements<Policy>();
};

}  // namespace stores::detail

template <class Policy, class Tracer>
std::string ArtifactStore<Policy, Tracer>::index(const Context& context, const Artifact& artifact,
                                                 const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::index_artifact, [&](auto& passage) {
    stores::detail::check_artifact(artifact);
    Artifact stored = artifact;
    if (stored.id.empty()) { stored.id = detail::crypto::random_uuid(); }
    stored.updated_at = now();
    if (stored.created_at == Timestamp{}) { stored.created_at = stored.updated_at; }
    stored.deleted_at.reset();
    const stores::detail::ArtifactWriter<Policy> writer(stored);
    return passage
        .write_once(
            options.idempotency_key, artifact.session_id, [&] { return sql::fingerprint(artifact); },
            [&](auto& tx) {
              stored.revision == 0 ? writer.insert(tx) : writer.replace(tx);
              tx.answer(stored.id);
            })
        .text;
  });
}

template <class Policy, class Tracer>
bool ArtifactStore<Policy, Tracer>::update(const Context& context, const Artifact& artifact,
                                           const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::update_artifact, [&](auto& passage) {
    validation::check_id("artifact.id", artifact.id);
    stores::detail::check_artifact(artifact);
    const stores::detail::ArtifactWriter<Policy> writer(artifact);
    const Answer answer = passage.write_once(
        options.idempotency_key, artifact.session_id, [&] { return sql::fingerprint(artifact); },
        [&](auto& tx) { writer.update(tx); });
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
bool ArtifactStore<Policy, Tracer>::update(const Context& context, const std::string& id, const ArtifactPatch& patch,
                                           const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::patch_artifact, [&](auto& passage) {
    validation::check_id("artifact id", id);
    stores::detail::check_artifact_patch(patch);
    for (;;) {
      const std::optional<Artifact> found = passage.read(
          [&](auto& tx) { return tx.one(stores::detail::artifact_statements<Policy>().find, tx.user_id(), id); });
      std::optional<Artifact> artifact;
      if (found) { artifact = stores::detail::patched(*found, patch); }
      try {
        const Answer answer = passage.write_once(
            options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(std::string_view(id), patch); },
            [&](auto& tx) {
              if (artifact) { stores::detail::ArtifactWriter<Policy>(*artifact).update(tx); }
            });
        return answer.number != 0;
      } catch (const Error& error) {
        // Another call has changed the artifact meanwhile: what this call names still holds for the newer one.
        if (error.code() != ErrorCode::conflict || patch.revision != 0) { throw; }
        passage.context().check();
      }
    }
  });
}

}  // namespace heddle
