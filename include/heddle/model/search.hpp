#pragma once

#include "heddle/reflection/adapt.hpp"

#include <optional>
#include <string>

namespace heddle {

/// What to search for in messages. Words are separated by white space; "double quotes" make a phrase. A message matches
/// if it has all words and phrases. Case, accents and English endings do not count; other characters than letters and
/// digits separate words. Nothing in a query is an operator, so no text is a syntax error; a query without any word
/// matches nothing. Only the content is searched, its first 1,000,000 bytes: not blocks of content, nor tool calls and
/// their results.
struct MessageSearch {
  std::string query{};
  std::optional<std::string> session_id{};  ///< only in this session
  std::optional<std::string> agent_id{};    ///< only in sessions of this agent
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::MessageSearch, query, session_id, agent_id);
