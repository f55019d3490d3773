// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/stores/detail/reach.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heddle::stores::detail {

/// Runs a unit of work on the rows of all tenants, with the deadline and the stop token of a context: as the
/// administration of the policy, if it has one. Throws what that throws if the configuration does not allow it.
template <class Policy, class Passage, class Work>
auto write_for_all(Passage& passage, const Context& context, Work&& work) {
  if constexpr (concepts::Administers<Policy>) {
    return passage.administer_within(context, work);
  } else {
    return passage.write_within(context, work);
  }
}

/// Removes the bytes of the uploads of all tenants that are to be removed. After the caller's context is over, it goes
/// on for at most the rest of a minute. See remove_each.
template <class Policy, class Passage>
void remove_uploads_of_all(Passage& passage) {
  const Context ending = cleanup_context();
  const auto write = [&](auto&& work) {
    return write_for_all<Policy>(passage, passage.context().is_over() ? ending : cleanup_context(), work);
  };
  const auto list_after = [&](const sql::OwnedNumber& last) {
    return write([&](auto& tx) {
      return tx.all(content_statements<Policy>().all_abandoned, last.user_id, last.number, uploads_at_once);
    });
  };
  remove_each(
      list_after({.user_id = {}, .number = before_all_uploads}),
      [&] {
        if (passage.context().is_over()) { ending.check(); }
      },
      [&](std::span<const sql::OwnedNumber> uploads, FirstFailure& removals) {
        return remove_uploads<Policy>(write, passage.artifact_directory(), uploads, removals);
      },
      list_after);
}

/// Removes the files of artifacts that were removed, and the contents that no artifact has any more. It is for after
/// the commit, and does so even if the deadline passes or a stop is requested: no row knows the files. Continues after
/// a file that cannot be removed, and notes the first failure.
template <class Policy, class Passage>
void clean_up_artifacts(Passage& passage, const std::vector<sql::RemovedArtifact>& removed, FirstFailure& failure) {
  const ArtifactFiles files(passage.artifact_directory());
  const Context cleanup = cleanup_context();
  for (const sql::RemovedArtifact& artifact : removed) {
    if (artifact.path.empty()) { continue; }
    failure.attempt([&] {
      const auto in_use = write_for_all<Policy>(passage, cleanup, [&](auto& tx) {
        return tx.one(content_statements<Policy>().path_in_use, artifact.user_id, artifact.path);
      });
      if (!in_use) { files.remove_file(artifact.user_id, artifact.path); }
    });
  }
  failure.attempt([&] { remove_uploads_of_all<Policy>(passage); });
}

/// Removes artifacts that have been soft-deleted since `before`, of all tenants, with their contents and files; returns
/// how many. Continues after a file that cannot be removed, and throws the first failure at the end.
template <class Policy, class Passage>
std::int64_t purge_artifacts(Passage& passage, Timestamp present, Timestamp before) {
  constexpr std::int64_t batch = 100;
  std::int64_t count = 0;
  FirstFailure failure;
  for (bool more = true; more;) {
    passage.context().check();
    const std::vector<sql::RemovedArtifact> removed = write_for_all<Policy>(passage, passage.context(), [&](auto& tx) {
      if constexpr (!reaches_all_tenants<Policy>) {
        tx.require(sees_one_tenant, sql::statements<typename Policy::Dialect::Admin>().sees_all_tenants);
      }
      return tx.all(content_statements<Policy>().purge, present, before, batch);
    });
    more = removed.size() == static_cast<std::size_t>(batch);
    count += static_cast<std::int64_t>(removed.size());
    clean_up_artifacts<Policy>(passage, removed, failure);
  }
  failure.rethrow();
  return count;
}

}  // namespace heddle::stores::detail
