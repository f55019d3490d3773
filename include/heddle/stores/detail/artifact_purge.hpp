// Private: may change in every version; public headers include it where it is needed.
#pragma once

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
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// Runs a unit of work on the rows of all tenants: over the connection for administration, where a policy has one.
template <class Policy, class Passage, class Work>
auto write_for_all(Passage& passage, Work&& work) {
  if constexpr (!reaches_all_tenants<Policy>) {
    return passage.administer(work);
  } else {
    return passage.write(work);
  }
}

/// Removes the bytes of the uploads of all tenants that are to be removed.
template <class Policy, class Passage>
void remove_uploads_of_all(Passage& passage) {
  const auto& statements = content_statements<Policy>();
  const auto write = [&](auto&& work) { return write_for_all<Policy>(passage, work); };
  for (std::size_t count = static_cast<std::size_t>(uploads_at_once);
       count == static_cast<std::size_t>(uploads_at_once);) {
    const std::vector<sql::OwnedNumber> uploads =
        write([&](auto& tx) { return tx.all(statements.all_abandoned, uploads_at_once); });
    count = uploads.size();
    for (const sql::OwnedNumber& upload : uploads) {
      passage.context().check();
      remove_uploads<Policy>(write, passage.artifact_directory(), upload.user_id, {upload.number});
    }
  }
}

/// Removes artifacts that have been soft-deleted since `before`, of all tenants, with their contents and files; returns
/// how many. Continues after a file that cannot be removed, and throws the first failure at the end.
template <class Policy, class Passage>
std::int64_t purge_artifacts(Passage& passage, Timestamp present, Timestamp before) {
  constexpr std::int64_t batch = 100;
  const auto& statements = content_statements<Policy>();
  const ArtifactFiles files(passage.artifact_directory());
  std::int64_t count = 0;
  FirstFailure failure;
  for (bool more = true; more;) {
    passage.context().check();
    const std::vector<sql::RemovedArtifact> removed = write_for_all<Policy>(passage, [&](auto& tx) {
      if constexpr (!reaches_all_tenants<Policy>) {
        tx.require(sees_one_tenant, sql::statements<typename Policy::Dialect::Admin>().sees_all_tenants);
      }
      return tx.all(statements.purge, present, before, batch);
    });
    more = removed.size() == static_cast<std::size_t>(batch);
    count += static_cast<std::int64_t>(removed.size());
    for (const sql::RemovedArtifact& artifact : removed) {
      if (artifact.path.empty()) { continue; }
      failure.attempt([&] {
        const auto in_use = write_for_all<Policy>(
            passage, [&](auto& tx) { return tx.one(statements.path_in_use, artifact.user_id, artifact.path); });
        if (!in_use) { files.remove_file(artifact.user_id, artifact.path); }
      });
    }
    failure.attempt([&] { remove_uploads_of_all<Policy>(passage); });
  }
  failure.rethrow();
  return count;
}

}  // namespace heddle::stores::detail
