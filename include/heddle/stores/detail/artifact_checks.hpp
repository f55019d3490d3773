// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` with the path of a tag that has a control character. Tags are stored and searched as JSON:
/// an escape sequence would become a part of a word.
void check_tags(const validation::FieldPath& field, const std::same_as<std::vector<std::string>> auto& tags) {
  for (std::size_t index = 0; index < tags.size(); ++index) {
    validation::check_printable(field.element(index), tags[index]);
  }
}

/// Throws `invalid_argument` for an artifact that cannot be stored.
void check_artifact(const std::same_as<Artifact> auto& artifact) {
  validation::check("artifact", artifact);
  check_tags("artifact.tags", artifact.tags);
  if (artifact.size_bytes < 0) { validation::refuse("artifact.size_bytes", "is negative"); }
  if (artifact.access_count < 0) { validation::refuse("artifact.access_count", "is negative"); }
  if (artifact.session_id) { validation::check_id("artifact.session_id", *artifact.session_id); }
  if (artifact.revision < 0 || (artifact.revision != 0 && artifact.id.empty())) {
    validation::refuse("artifact.revision", "is not that of an artifact with this id");
  }
}

/// Throws `invalid_argument` for a filter that no artifact can match.
void check_artifact_filter(const std::same_as<ArtifactFilter> auto& filter) {
  if (filter.source) { validation::check("filter.source", *filter.source); }
  if (filter.content_type) { validation::check_text("filter.content_type", *filter.content_type, limits::name); }
  validation::check("filter.tags", filter.tags, limits::name);
  check_tags("filter.tags", filter.tags);
  if (filter.session_id) { validation::check_id("filter.session_id", *filter.session_id); }
}

}  // namespace heddle::stores::detail
