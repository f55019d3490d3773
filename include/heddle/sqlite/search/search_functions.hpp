// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_texts.hpp"
#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/search/message_query.hpp"
#include "heddle/sqlite/search/rank.hpp"
#include "heddle/sqlite/search/rarity.hpp"
#include "heddle/sqlite/search/term_weights.hpp"
#include "heddle/sqlite/search/word_functions.hpp"
#include "heddle/text/analysis.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// Returns the text of an SQL value.
[[nodiscard]] inline std::string_view text_of(sqlite3_value* value) noexcept {
  const auto* const data = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (data == nullptr) { return {}; }
  return {data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

/// Returns the weights in an SQL value.
[[nodiscard]] inline auto weights_of(std::same_as<sqlite3_value> auto* value) noexcept {
  const auto* const data = static_cast<const char*>(sqlite3_value_blob(value));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return TermWeights<double>(data == nullptr ? std::string_view() : std::string_view(data, size));
}

/// The SQL function `message_query(tenant, terms, weights, is_ranked)`: see MessageQuery. A tenant that is null has no
/// texts.
template <std::same_as<std::string_view> Text>
void message_query(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    std::string query = R"("")";
    if (sqlite3_value_type(arguments[0]) != SQLITE_NULL) {
      const TermWeights<double> weights = weights_of(arguments[2]);
      const MessageQuery<Text> terms(text_of(arguments[1]), weights.analysis());
      query = terms.match(sqlite3_value_int64(arguments[0]), weights, sqlite3_value_int(arguments[3]) != 0);
    }
    sqlite3_result_text64(result, query.data(), query.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `term_weights(tenant, terms, analysis, index)`: see TermWeights. Runs statements on the connection.
template <std::same_as<std::string_view> Text>
void term_weights(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    MessageQuery<Text> terms(text_of(arguments[1]), sqlite3_value_int(arguments[2]));
    Rarity<Text> rarity(sqlite3_context_db_handle(result), sqlite3_value_int64(arguments[0]), text_of(arguments[3]));
    const std::string weights = rarity.weights(terms);
    if (rarity.failure() != SQLITE_OK) { return sqlite3_result_error_code(result, rarity.failure()); }
    sqlite3_result_blob64(result, weights.data(), weights.size(), SQLITE_TRANSIENT);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `scan_limit(terms, wanted, sessions)`: up to how many matches it is quicker to scan the index once
/// than session by session for as many as are wanted; null if it always is.
template <std::same_as<std::string_view> Text>
void scan_limit(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    if (MessageQuery<Text>(text_of(arguments[0]), text::own_analysis()).has_start()) {
      return sqlite3_result_null(result);
    }
    const double wanted = sqlite3_value_double(arguments[1]);
    // To begin a scan takes as long as some 200 matches of one. If m match, some wanted * sessions / m are begun.
    const double product = wanted * sqlite3_value_double(arguments[2]) * 200;
    double most = 20;
    while (most * most < product) { most *= 1.25; }
    sqlite3_result_int64(result, static_cast<sqlite3_int64>(most < wanted ? wanted : most));
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// What `unindexed_rank` keeps from message to message.
template <std::same_as<std::string_view> Text>
struct UnindexedRank {
  MessageQuery<Text> query;
  sql::StoredTexts<Message> texts{};
};

/// The SQL function `unindexed_rank(content, content_blocks, tool_calls, tool_result, parts, terms, weights)`: the rank
/// of a message that is not in the index; null if it does not match.
template <std::same_as<std::string_view> Text>
void unindexed_rank(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    constexpr int terms = 5;
    auto* const kept = static_cast<UnindexedRank<Text>*>(sqlite3_get_auxdata(result, terms));
    std::unique_ptr<UnindexedRank<Text>> made;
    const TermWeights<double> weights = weights_of(arguments[terms + 1]);
    if (kept == nullptr) {
      made = std::make_unique<UnindexedRank<Text>>(
          UnindexedRank<Text>{MessageQuery<Text>(text_of(arguments[terms]), weights.analysis())});
    }
    UnindexedRank<Text>& message = kept != nullptr ? *kept : *made;
    const auto& texts = message.texts.of({text_of(arguments[0]), text_of(arguments[1]), text_of(arguments[2]), Text(),
                                          text_of(arguments[3]), text_of(arguments[4])});
    const std::optional<double> rank = message.query.rank(texts, weights);
    if (made) {
      sqlite3_set_auxdata(result, terms, made.release(),
                          [](void* kept_one) { delete static_cast<UnindexedRank<Text>*>(kept_one); });
    }
    if (rank) { return sqlite3_result_double(result, *rank); }
    sqlite3_result_null(result);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `index_terms(tenant, text, ...)`: the terms of a row with these texts, by the newest rules. The
/// triggers of artifacts call it, so only a program with this function can store them.
template <std::same_as<std::string_view> Text>
void index_terms(sqlite3_context* result, int count, sqlite3_value** arguments) noexcept {
  try {
    const IndexTerms tenant(sqlite3_value_int64(arguments[0]));
    TextTerms<Text> terms;
    terms.start();
    for (int index = 1; index < count; ++index) { terms.add(tenant, text_of(arguments[index])); }
    const std::string_view text = terms.finish(tenant);
    sqlite3_result_text64(result, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `own_analysis()`: the version of these rules.
template <std::same_as<std::string_view> Text>
void own_analysis(sqlite3_context* result, int /*count*/, sqlite3_value** /*arguments*/) noexcept {
  sqlite3_result_int(result, text::own_analysis());
}

/// The SQL function `search_rank(table[, weights])` of the indexes: see TextRank. The last phrase of the query is the
/// end of a text, whose place is the length; a message can have a text in each column. Without weights each phrase is a
/// term, and all are alike.
template <std::same_as<std::string_view> Text>
void search_rank(const Fts5ExtensionApi* api, Fts5Context* row, sqlite3_context* result, int count,
                 sqlite3_value** arguments) noexcept {
  const TermWeights<double> weights = count > 0 ? weights_of(arguments[0]) : TermWeights<double>(Text());
  const int end = api->xPhraseCount(row) - 1;
  int failure = SQLITE_OK;
  // Returns how often the row has a phrase, in the columns that are searched; the sum of the places.
  const auto frequency = [&](int phrase, int* places) {
    Fts5PhraseIter next{};
    int column = 0;
    int offset = 0;
    int found = 0;
    const int code = api->xPhraseFirst(row, phrase, &next, &column, &offset);
    if (code != SQLITE_OK) { failure = code; }
    for (; code == SQLITE_OK && column >= 0; api->xPhraseNext(row, &next, &column, &offset)) {
      ++found;
      if (places != nullptr) { *places += offset; }
    }
    return found;
  };
  int length = 0;
  frequency(end, &length);
  TextRank rank(length);
  int phrase = 0;
  for (std::size_t term = 0; phrase < end; ++term) {
    if (term >= weights.size()) {
      rank.add(frequency(phrase++, nullptr), 1);
    } else if (weights.is_wanted(term)) {
      int found = frequency(phrase++, nullptr);
      if (weights.is_beginning(term)) { found += frequency(phrase++, nullptr); }
      rank.add(found, weights.of(term));
    }
  }
  if (failure != SQLITE_OK) { return sqlite3_result_error_code(result, failure); }
  sqlite3_result_double(result, rank.rank());
}

/// These functions. A template only so that files that need none do not compile them.
template <std::same_as<std::string_view> Text>
inline constexpr WordFunctions word_functions{&message_query<Text>,  &term_weights<Text>, &scan_limit<Text>,
                                              &unindexed_rank<Text>, &index_terms<Text>,  &own_analysis<Text>,
                                              &search_rank<Text>};

}  // namespace heddle::sqlite::search
