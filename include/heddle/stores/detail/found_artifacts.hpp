// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_search.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/found_row.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <utility>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a search with a member that no search can have; the query is checked where it is
/// split.
void check_artifact_search(const std::same_as<ArtifactSearch> auto& search) {
  if (search.session_id) { validation::check_id("search.session_id", *search.session_id); }
  if (search.source) { validation::check("search.source", *search.source); }
  if (search.source_agent_id) { validation::check_text("search.source_agent_id", *search.source_agent_id, limits::id); }
  if (search.content_type) { validation::check_text("search.content_type", *search.content_type, limits::name); }
  validation::check("search.match", search.match);
  validation::check("search.from", search.from);
  validation::check("search.before", search.before);
  validation::check("search.order", search.order);
}

/// Returns the page of artifacts that a search has found.
[[nodiscard]] FoundArtifacts found_artifacts(std::same_as<Page<sql::Found<Artifact>>> auto page) {
  FoundArtifacts found;
  found.next = std::move(page.next);
  found.items.reserve(page.items.size());
  for (auto& row : page.items) {
    found.considered_all = found.considered_all && !row.has_more;
    found.items.push_back({std::move(row.row), row.score});
  }
  return found;
}

}  // namespace heddle::stores::detail
