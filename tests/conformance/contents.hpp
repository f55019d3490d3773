#pragma once

#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/content_source.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Contents of artifacts for the tests of the suite.
namespace conformance {

inline constexpr std::array<heddle::ArtifactContent, 2> both_places{heddle::ArtifactContent::files,
                                                                    heddle::ArtifactContent::database};
/// More than one transaction stores, and not a whole number of chunks.
inline constexpr std::size_t many_bytes = (std::size_t{9} << 20U) + 12345;

/// Returns bytes of which no two chunks are the same.
inline std::string bytes_of(std::size_t size, std::uint64_t seed = 1) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(seed)) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    std::memcpy(bytes.data() + at, &seed, std::min(sizeof(seed), size - at));
  }
  return bytes;
}

/// A content that is read in pieces of at most this size.
inline heddle::ContentReader in_pieces(std::string_view bytes, std::size_t piece) {
  return [rest = bytes, piece](std::span<char> buffer) mutable {
    const std::size_t count = std::min({piece, buffer.size(), rest.size()});
    std::copy_n(rest.begin(), count, buffer.begin());
    rest.remove_prefix(count);
    return count;
  };
}

/// Returns the whole content of an artifact.
template <class Store>
std::string content_of(Store& store, const heddle::Context& context, const std::string& id, std::int64_t version = 0) {
  return store.open(context, id, version).rest();
}

/// Returns the numbers of the versions of an artifact.
template <class Store>
std::vector<std::int64_t> versions_of(Store& store, const heddle::Context& context, const std::string& id) {
  std::vector<std::int64_t> numbers;
  for (const auto& version : store.versions(context, id).items) { numbers.push_back(version.version); }
  return numbers;
}

/// Checks that a tenant has so many bytes, and that no upload and no file is left over.
template <class Store>
void check_stored(Store& store, const heddle::Context& context, std::size_t bytes) {
  CHECK(store.content_usage(context).stored_bytes == static_cast<std::int64_t>(bytes));
  CHECK(store.sweep_orphans(context, std::chrono::seconds(0)) == 0);
}

}  // namespace conformance
