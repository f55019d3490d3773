#pragma once

#include "conformance/sample.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/model/artifact.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Artifacts for the tests of the suite.
namespace conformance {

/// Returns an artifact with a distinct value in every field.
inline heddle::Artifact full_artifact() {
  using namespace std::chrono_literals;
  heddle::Artifact artifact;
  artifact.id = "a";
  artifact.name = "Grüße 世界 \"quoted\".csv";
  artifact.path = "/somewhere/else/it's.csv";
  artifact.source = heddle::ArtifactSource::generated;
  artifact.source_agent_id = "writer";
  artifact.purpose = "a purpose\nof two lines";
  artifact.content_type = "text/csv";
  artifact.size_bytes = 9007199254740993;
  artifact.checksum = std::string(64, 'c');
  artifact.created_at = heddle::Timestamp{1700000000123456us};
  artifact.last_accessed_at = heddle::Timestamp{1700000000999999us};
  artifact.access_count = 7;
  artifact.tags = {"b", "a", "with \"quotes\"", "[\"x\"]", "\\", "ä"};
  artifact.metadata = {{"k\"ey", "v\nalue"}, {"", ""}};
  return artifact;
}

template <std::derived_from<heddle::Artifact> Found>
Ids ids(const std::vector<Found>& artifacts) {
  Ids list;
  for (const heddle::Artifact& artifact : artifacts) { list.push_back(artifact.id); }
  return list;
}

template <std::derived_from<heddle::Artifact> Found>
Ids sorted_ids(const std::vector<Found>& artifacts) {
  Ids list = ids(artifacts);
  std::sort(list.begin(), list.end());
  return list;
}

/// A file in a folder of the backend, with its description.
inline heddle::Artifact write_file(const std::filesystem::path& folder, const std::string& name) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name) << "content of " << name;
  const auto described = heddle::describe_file(folder / name);
  return {.id = name,
          .name = name,
          .path = (folder / name).string(),
          .size_bytes = described.size_bytes,
          .checksum = described.checksum};
}

}  // namespace conformance
