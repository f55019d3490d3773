// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/search.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/found_row.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/text/snippet.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <string_view>
#include <utility>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a search with a member that no search can have; the query is checked where it is
/// split.
void check_search(const std::same_as<MessageSearch> auto& search) {
  if (search.session_id) { validation::check_id("search.session_id", *search.session_id); }
  if (search.agent_id) { validation::check_text("search.agent_id", *search.agent_id, limits::id); }
  validation::check("search.match", search.match);
  validation::check("search.roles", search.roles);
  validation::check("search.from", search.from);
  validation::check("search.before", search.before);
  validation::check("search.order", search.order);
}

/// Gives a message the part of its content that shows why it was found.
template <std::same_as<std::string_view> Text>
void add_snippet(text::SnippetMaker<Text>& maker, FoundMessage& message) {
  if (message.redacted || message.state != MessageState::complete) { return; }
  Text searched = Text(message.content).substr(0, sql::searched_bytes);
  // Not a part of a character at its end.
  while (searched.size() < message.content.size() &&
         (static_cast<unsigned char>(message.content[searched.size()]) & 0xC0U) == 0x80U) {
    searched.remove_suffix(1);
  }
  const auto snippet = maker.of(searched);
  message.snippet = searched.substr(snippet.part.begin, snippet.part.end - snippet.part.begin);
  for (const auto& place : snippet.places) {
    message.places.push_back({place.begin - snippet.part.begin, place.end - snippet.part.begin});
  }
}

/// Returns the page of messages that a search for these terms has found.
[[nodiscard]] FoundMessages found_messages(std::same_as<Page<sql::FoundRow>> auto page, const sql::SearchTerms& terms) {
  text::SnippetMaker<std::string_view> maker(limits::snippet);
  for (const std::string_view& term : terms.list) { maker.add(term, terms.begins_word && &term == &terms.list.back()); }
  FoundMessages found;
  found.next = std::move(page.next);
  found.items.reserve(page.items.size());
  for (auto& row : page.items) {
    found.considered_all = found.considered_all && !row.has_more;
    found.items.push_back({std::move(row.row), row.score, {}, {}});
    add_snippet(maker, found.items.back());
  }
  return found;
}

}  // namespace heddle::stores::detail
