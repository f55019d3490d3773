// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/search.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/found_row.hpp"
#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/text/snippet.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

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
  validation::check("search.where", search.where);
}

/// Returns the places that are searched, as of `SearchTerms`.
[[nodiscard]] std::int64_t bits_of_places(const std::same_as<std::vector<SearchPlace>> auto& places) {
  std::int64_t bits = places.empty() ? sql::all_places : 0;
  for (const SearchPlace place : places) { bits |= std::int64_t{1} << static_cast<int>(place); }
  return bits;
}

/// Returns a text without a part of a character at its end, where it may have been cut.
[[nodiscard]] auto without_cut(std::same_as<std::string_view> auto text) {
  const auto is_first = [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; };
  std::size_t last = text.size();
  while (last > 0 && !is_first(text[--last])) {}
  return validation::is_clean_utf8(text.substr(last)) ? text : text.substr(0, last);
}

/// Gives messages the parts of their texts that show why they were found.
template <std::same_as<std::string_view> Text>
class SnippetWriter {
 public:
  explicit SnippetWriter(const sql::SearchTerms& terms) : places_(terms.places) {
    for (const Text& term : terms.list) { maker_.add(term, terms.begins_word && &term == &terms.list.back()); }
  }

  void write(FoundMessage& message) {
    if (message.redacted || message.state != MessageState::complete) { return; }
    const auto& texts = texts_.of(message);
    typename Maker::Snippet best;
    Text found;
    bool is_first = true;
    for (std::size_t place = 0; place < texts.size() && best.terms < maker_.terms(); ++place) {
      if ((places_ >> place & 1) == 0 || texts[place].empty()) { continue; }
      const Text text = without_cut(texts[place]);
      auto snippet = maker_.of(text);
      if (!std::exchange(is_first, false) && snippet.terms <= best.terms) { continue; }
      best = std::move(snippet);
      found = text;
      message.place = static_cast<SearchPlace>(place);
    }
    message.snippet = found.substr(best.part.begin, best.part.end - best.part.begin);
    message.places.reserve(best.places.size());
    for (const auto& place : best.places) {
      message.places.push_back({place.begin - best.part.begin, place.end - best.part.begin});
    }
  }

 private:
  using Maker = text::SnippetMaker<Text>;

  std::int64_t places_;
  Maker maker_{limits::snippet};
  sql::MessageTexts<Message> texts_{};
};

/// Returns the page of messages that a search for these terms has found.
[[nodiscard]] FoundMessages found_messages(std::same_as<Page<sql::FoundRow>> auto page, const sql::SearchTerms& terms) {
  SnippetWriter<std::string_view> snippets(terms);
  FoundMessages found;
  found.next = std::move(page.next);
  found.items.reserve(page.items.size());
  for (auto& row : page.items) {
    found.considered_all = found.considered_all && !row.has_more;
    found.items.push_back({std::move(row.row), row.score, {}, {}, SearchPlace::text});
    snippets.write(found.items.back());
  }
  return found;
}

}  // namespace heddle::stores::detail
