#pragma once

#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// Which words and phrases of a query a message must contain.
enum class WordMatch {
  all,  ///< each of them, at most `limits::query_terms`
  /// One is enough, and a rare one counts more than a frequent one: for queries in a natural language. Of more than
  /// `limits::any_terms` different ones those that occur in the fewest messages are looked for.
  any
};

template <>
struct EnumNames<WordMatch> {
  static constexpr std::array<std::string_view, 2> values{"all", "any"};
};

/// Where in a message its words stand. The words of a phrase stand in the same place.
enum class SearchPlace {
  text,       ///< its content: its texts, those of its documents, and what is said in its audio
  thinking,   ///< what the model thought
  arguments,  ///< the names and the arguments of the tools that it calls
  results     ///< the data and the errors of its tool results
};

template <>
struct EnumNames<SearchPlace> {
  static constexpr std::array<std::string_view, 4> values{"text", "thinking", "arguments", "results"};
};

/// The order of what is found.
enum class SearchOrder {
  best,  ///< best match first; see MessageSearch and ArtifactSearch
  /// Messages: in the order in which sessions are listed, last updated first; in each its newest message first.
  /// Artifacts: as they are listed, last created first.
  newest
};

template <>
struct EnumNames<SearchOrder> {
  static constexpr std::array<std::string_view, 2> values{"best", "newest"};
};

/// A search in messages. Words are separated by white space; "double quotes" enclose a phrase. Case, accents and
/// English endings are ignored; what is a word, in every script, is in doc/text_analysis.md. A query has no operators,
/// so that no text is a syntax error; a query without a word matches nothing. Of a message 1,000,000 bytes are
/// searched: the first ones of its places, in the order of `SearchPlace`. JSON is searched as text, its names and
/// values alike, without its escapes.
///
/// In the order `best`, as many matches are ranked as the configuration says (`search_candidates`, 10,000): the first
/// ones in the order `newest`. If there are more, `FoundMessages::considered_all` is false.
struct MessageSearch {
  std::string query{};
  std::optional<std::string> session_id{};  ///< only messages of this session
  std::optional<std::string> agent_id{};    ///< only messages in sessions of this agent
  WordMatch match = WordMatch::all;
  /// The last word of the query is the beginning of a word, as written: `decid` and `decided` both find "decided". Only
  /// if it is one word and outside of quotes.
  bool begins_word = false;
  std::vector<Role> roles{};          ///< only messages of these roles; empty: of all
  std::optional<Timestamp> from{};    ///< only messages whose `timestamp` is this one or later
  std::optional<Timestamp> before{};  ///< only messages whose `timestamp` is earlier
  SearchOrder order = SearchOrder::best;
  /// Only words in these places of a message count; empty: in all. If one word is enough, how much each counts depends
  /// on how many messages have it in any place.
  std::vector<SearchPlace> where{};
};

/// A part of a text, in bytes.
struct TextPlace {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< behind its last byte

  friend bool operator==(const TextPlace&, const TextPlace&) = default;
};

/// A message that a search has found.
struct FoundMessage : Message {
  /// How well it matches, more being better; 0 in the order `newest`. To be compared with those of the same search
  /// only.
  double score = 0;
  /// The part of its text in `place` with the most different words and phrases of the query: at most `limits::snippet`
  /// code points, from the start of the text or of a word on. Empty for a message that is redacted or not complete.
  std::string snippet{};
  std::vector<TextPlace> places{};  ///< the words of the query in the snippet, in order
  /// Of the places that are searched, the first one with the most different words and phrases.
  SearchPlace place = SearchPlace::text;

  friend bool operator==(const FoundMessage&, const FoundMessage&) = default;
};

/// A page of messages that a search has found.
struct FoundMessages : Page<FoundMessage> {
  /// False if more messages match than were ranked: better ones may be among the others. Narrow the search, by a
  /// session, an agent or a time, to have them ranked.
  bool considered_all = true;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::MessageSearch, query, session_id, agent_id, match, begins_word, roles, from, before, order,
                    where);
