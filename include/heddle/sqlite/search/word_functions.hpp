// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <sqlite3.h>

#include <atomic>

namespace heddle::sqlite::search {

/// The SQL functions that split texts into words. A file that only saves messages does not compile them: a program has
/// them if it contains an operation that needs them, each of which calls `indexing::SearchParts::compile`.
struct WordFunctions {
  using Function = void (*)(sqlite3_context* result, int count, sqlite3_value** arguments) noexcept;

  /// A function of the full-text search.
  using Rank = void (*)(const Fts5ExtensionApi* api, Fts5Context* row, sqlite3_context* result, int count,
                        sqlite3_value** arguments) noexcept;

  Function message_query;  ///< (tenant, terms, weights, is_ranked): the query of FTS5 for the texts of a tenant
  Function term_weights;   ///< (tenant, terms, analysis, index): how much each term counts
  Function scan_limit;     ///< (terms, wanted, sessions): how many matches are few; null: all numbers are
  /// (content, content_blocks, tool_calls, tool_result, parts, terms, weights): the rank of a message that is not in
  /// the index; null: no match
  Function unindexed_rank;
  Function index_terms;   ///< (tenant, text, ...): the terms of a row with these texts; used by triggers
  Function own_analysis;  ///< (): the version of the analysis that makes them; the same
  Rank search_rank;       ///< (table[, weights]): the rank of a row of an index

  /// Those of this program; null if it has none. Connections look when a function is called: there are connections that
  /// are opened before `main`.
  static inline std::atomic<const WordFunctions*> of_program{nullptr};
};

/// Returns the functions of this program; null if it has none, which is the error of the SQL function then.
[[nodiscard]] inline const WordFunctions* functions_of_program(sqlite3_context* result) noexcept {
  const WordFunctions* const functions = WordFunctions::of_program.load(std::memory_order_acquire);
  if (functions == nullptr) {
    sqlite3_result_error(result, "no code of this program splits texts into words; link the compiled backend", -1);
  }
  return functions;
}

/// Calls one of the functions of this program.
template <auto WordFunctions::*Which>
void call_word_function(sqlite3_context* result, int count, sqlite3_value** arguments) noexcept {
  const WordFunctions* const functions = functions_of_program(result);
  if (functions != nullptr) { (functions->*Which)(result, count, arguments); }
}

/// Adds these functions to a connection.
inline void add_word_functions(sqlite3* connection) {
  constexpr int in_triggers = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  constexpr int flags = in_triggers | SQLITE_DIRECTONLY;
  const auto add = [connection](const char* name, int count, int properties, WordFunctions::Function function) {
    const int code =
        sqlite3_create_function_v2(connection, name, count, properties, nullptr, function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
      throw Error(ErrorCode::failed_precondition, "this SQLite library does not accept functions");
    }
  };
  add("message_query", 4, flags, &call_word_function<&WordFunctions::message_query>);
  // Reads the index: not deterministic.
  add("term_weights", 4, SQLITE_UTF8 | SQLITE_DIRECTONLY, &call_word_function<&WordFunctions::term_weights>);
  add("scan_limit", 3, flags, &call_word_function<&WordFunctions::scan_limit>);
  add("unindexed_rank", 7, flags, &call_word_function<&WordFunctions::unindexed_rank>);
  add("index_terms", -1, in_triggers, &call_word_function<&WordFunctions::index_terms>);
  add("own_analysis", 0, in_triggers, &call_word_function<&WordFunctions::own_analysis>);
}

}  // namespace heddle::sqlite::search
