#pragma once

#include "heddle/reflection/adapt.hpp"

#include <optional>
#include <string>

namespace heddle {

/// A search in messages. Words are separated by white space; "double quotes" enclose a phrase. A message matches if it
/// contains all words and phrases. Case, accents and English endings are ignored; what is a word, in every script, is
/// in doc/text_analysis.md. A query has no operators, so that no text is a syntax error; a query without a word matches
/// nothing. Only the first 1,000,000 bytes of the content are searched: not content blocks, tool calls or their
/// results.
struct MessageSearch {
  std::string query{};
  std::optional<std::string> session_id{};  ///< only messages of this session
  std::optional<std::string> agent_id{};    ///< only messages in sessions of this agent
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::MessageSearch, query, session_id, agent_id);
