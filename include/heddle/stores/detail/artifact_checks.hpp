// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

/// Throws `invalid_argument` for invalid tags. Tags are stored as JSON and searched in that form, in which an escape
/// sequence would become a part of a word; so control characters are refused.
inline void check_tags(std::string_view field, const std::vector<std::string>& tags) {
  validation::check_size(field, tags);
  for (const std::string& tag : tags) {
    validation::check_text(field, tag, limits::name);
    const auto is_control = [](char each) { return static_cast<unsigned char>(each) < 0x20; };
    if (std::any_of(tag.begin(), tag.end(), is_control)) {
      validation::refuse(field, "must not contain control characters");
    }
  }
}

/// Throws `invalid_argument` for an artifact that cannot be stored.
inline void check_artifact(const Artifact& artifact) {
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

/// Throws `invalid_argument` for a filter that no artifact can match.
inline void check_artifact_filter(const ArtifactFilter& filter) {
  if (filter.source) { validation::check("filter.source", *filter.source); }
  if (filter.content_type) { validation::check_text("filter.content_type", *filter.content_type, limits::name); }
  check_tags("filter.tags", filter.tags);
  if (filter.session_id) { validation::check_id("filter.session_id", *filter.session_id); }
}

}  // namespace heddle::stores::detail
