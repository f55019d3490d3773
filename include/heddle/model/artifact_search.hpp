#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/model/search.hpp"
#include "heddle/options.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <optional>
#include <string>

namespace heddle {

/// A search in the names, purposes and tags of artifacts, for words and phrases as in MessageSearch; each of them can
/// be in any of the three. Members that are not set do not restrict it. It never finds soft-deleted artifacts.
///
/// In the order `best`, as many matches are ranked as the configuration says (`search_candidates`, 10,000): the first
/// ones in the order `newest`. If there are more, `FoundArtifacts::considered_all` is false.
struct ArtifactSearch {
  std::string query{};
  std::optional<std::string> session_id{};  ///< only artifacts of this session
  std::optional<ArtifactSource> source{};
  std::optional<std::string> source_agent_id{};  ///< only artifacts that this agent created
  std::optional<std::string> content_type{};
  WordMatch match = WordMatch::all;
  /// The last word of the query is the beginning of a word, as written: `decid` and `decided` both find "decided". Only
  /// if it is one word and outside of quotes.
  bool begins_word = false;
  std::optional<Timestamp> from{};    ///< only artifacts whose `created_at` is this one or later
  std::optional<Timestamp> before{};  ///< only artifacts whose `created_at` is earlier
  SearchOrder order = SearchOrder::best;
};

/// An artifact that a search has found.
struct FoundArtifact : Artifact {
  /// How well it matches, more being better; 0 in the order `newest`. To be compared with those of the same search
  /// only.
  double score = 0;

  friend bool operator==(const FoundArtifact&, const FoundArtifact&) = default;
};

/// A page of artifacts that a search has found.
struct FoundArtifacts : Page<FoundArtifact> {
  /// False if more artifacts match than were ranked: better ones may be among the others. Narrow the search to have
  /// them ranked.
  bool considered_all = true;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::ArtifactSearch, query, session_id, source, source_agent_id, content_type, match,
                    begins_word, from, before, order);
