// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/search/message_query.hpp"
#include "heddle/sqlite/search/word_functions.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
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

/// The SQL function `message_query(tenant, terms)`: see MessageQuery. A tenant that is null has no texts.
template <std::same_as<std::string_view> Text>
void message_query(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    std::string query = R"("")";
    if (sqlite3_value_type(arguments[0]) != SQLITE_NULL) {
      query = MessageQuery<Text>(text_of(arguments[1])).match(sqlite3_value_int64(arguments[0]));
    }
    sqlite3_result_text64(result, query.data(), query.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `unindexed_rank(text, terms)`: the rank of a text that is not in the index; null if it does not
/// match.
template <std::same_as<std::string_view> Text>
void unindexed_rank(sqlite3_context* result, int /*count*/, sqlite3_value** arguments) noexcept {
  try {
    auto* const kept = static_cast<MessageQuery<Text>*>(sqlite3_get_auxdata(result, 1));
    std::unique_ptr<MessageQuery<Text>> made;
    if (kept == nullptr) { made = std::make_unique<MessageQuery<Text>>(text_of(arguments[1])); }
    const std::optional<double> rank = (kept != nullptr ? kept : made.get())->rank(text_of(arguments[0]));
    if (made) {
      sqlite3_set_auxdata(result, 1, made.release(),
                          [](void* query) { delete static_cast<MessageQuery<Text>*>(query); });
    }
    if (rank) { return sqlite3_result_double(result, *rank); }
    sqlite3_result_null(result);
  } catch (...) { sqlite3_result_error_nomem(result); }
}

/// The SQL function `index_terms(tenant, text, ...)`: the terms of a row with these texts. The triggers of artifacts
/// call it, so only a program with this function can change them.
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

/// These functions. A template only so that files that need none do not compile them.
template <std::same_as<std::string_view> Text>
inline constexpr WordFunctions word_functions{&message_query<Text>, &unindexed_rank<Text>, &index_terms<Text>};

}  // namespace heddle::sqlite::search
