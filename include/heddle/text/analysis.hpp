// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/word.hpp"

#include <atomic>
#include <string_view>

namespace heddle::text {

/// Rules of another version of the analysis than that of `Analyzer`.
struct Rules {
  using Visit = void (*)(void* context, const Word& word);

  int version;
  /// Calls `visit` with `context` and each word of a text in order.
  void (*split)(std::string_view text, void* context, Visit visit);
};

/// The other rules that this program has; null if there are none. Rules of a former version belong here when `Analyzer`
/// gets others, so that an index which they made answers until it is made anew. Tests set newer ones.
inline std::atomic<const Rules*> other_rules{nullptr};

/// Returns the rules of a version; null for those of `Analyzer`, and if the program has none of this version.
[[nodiscard]] inline const Rules* rules_of(int version) noexcept {
  const Rules* const other = other_rules.load(std::memory_order_acquire);
  return other != nullptr && other->version == version ? other : nullptr;
}

/// Returns the version of the newest rules that this program has: it makes indexes by these.
[[nodiscard]] inline int own_analysis() noexcept {
  const Rules* const other = other_rules.load(std::memory_order_acquire);
  return other != nullptr && other->version > analysis_version ? other->version : analysis_version;
}

/// Returns true if this program can split texts by the rules of a version.
[[nodiscard]] inline bool has_rules_of(int version) noexcept {
  return version == analysis_version || rules_of(version) != nullptr;
}

/// Returns the version by whose rules to search what a version has made: that one, or if the program has no rules of
/// it, its own, which find most.
[[nodiscard]] inline int searched_analysis(int version) noexcept {
  return has_rules_of(version) ? version : own_analysis();
}

}  // namespace heddle::text
