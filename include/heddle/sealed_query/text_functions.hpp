// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sealed_query/pattern.hpp"
#include "heddle/sealed_query/query_guard.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <new>
#include <string_view>

/// Replacements for those of SQLite's text functions whose time is the product of two lengths. The built-in `instr` and
/// `trim` take 7 and 11 seconds for one call on texts of 1 MiB, and nothing can interrupt a call. The replacements
/// return the same values, but fail if the search text is too long or the query has to stop.
namespace heddle::sealed_query {

inline constexpr std::size_t longest_search = 1000;  ///< bytes of the text that `instr` and `replace` search for
inline constexpr std::size_t longest_pattern = 250;  ///< bytes of a LIKE or GLOB pattern
inline constexpr std::size_t longest_trim = 64;      ///< bytes of the characters that `trim` removes

/// The arguments and the result of one call.
class TextCall {
 public:
  TextCall(sqlite3_context* call, int count, sqlite3_value** values) noexcept
      : call_(call), values_(values), count_(static_cast<std::size_t>(count)) {}

  /// True if the function has to be computed. False if its result is set already: an error if the query has to stop or
  /// the argument `searched` is longer than `longest`, null if an argument is null.
  [[nodiscard]] bool is_computable(std::size_t searched, std::size_t longest) const noexcept {
    if (stops(guard().must_stop())) { return false; }
    for (std::size_t i = 0; i < count_; ++i) {
      if (sqlite3_value_type(values_[i]) == SQLITE_NULL) { return false; }  // the result stays null
    }
    if (text(searched).size() > longest) {
      sqlite3_result_error(call_, "search text, pattern or set of characters too long", -1);
      return false;
    }
    return true;
  }
  [[nodiscard]] QueryGuard& guard() const noexcept { return *static_cast<QueryGuard*>(sqlite3_user_data(call_)); }
  /// Makes the call fail if the query has to stop.
  [[nodiscard]] bool stops(bool must_stop) const noexcept {
    if (must_stop) { sqlite3_result_error_code(call_, SQLITE_INTERRUPT); }
    return must_stop;
  }
  [[nodiscard]] std::string_view text(std::size_t i) const noexcept {
    // Before the length, which SQLite's conversion to text can change.
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(values_[i]));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(values_[i])));
  }
  [[nodiscard]] bool is_blob(std::size_t i) const noexcept { return sqlite3_value_type(values_[i]) == SQLITE_BLOB; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] sqlite3_value* value(std::size_t i) const noexcept { return values_[i]; }
  void run_out_of_memory() const noexcept { sqlite3_result_error_nomem(call_); }
  void set_result(std::size_t number) const noexcept {
    sqlite3_result_int64(call_, static_cast<sqlite3_int64>(number));
  }
  void set_result(std::string_view text) const noexcept {
    sqlite3_result_text64(call_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }

 private:
  sqlite3_context* call_;
  sqlite3_value** values_;
  std::size_t count_;
};

// The functions are templates only so that a file that queries no result does not compile them.

template <std::same_as<TextCall> Call>
void instr_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const Call call(context, count, values);
  const bool bytes = call.is_blob(0) && call.is_blob(1);  // before text(), which changes the type
  if (!call.is_computable(1, longest_search)) { return; }
  const auto text = call.text(0);
  const auto at = text.find(call.text(1));
  if (at == std::string_view::npos) { return call.set_result(std::size_t{0}); }
  const auto before = text.substr(0, at);
  call.set_result(
      1 + (bytes ? at : static_cast<std::size_t>(std::count_if(before.begin(), before.end(), starts_character))));
}

template <std::same_as<TextCall> Call>
void replace_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const Call call(context, count, values);
  if (!call.is_computable(1, longest_search)) { return; }
  const auto from = call.text(1);
  if (from.empty()) { return sqlite3_result_value(context, call.value(0)); }
  auto rest = call.text(0);
  const auto to = call.text(2);
  sqlite3_str* const built =
      sqlite3_str_new(sqlite3_context_db_handle(context));  // keeps to the connection's limit on one value
  const auto append = [built](std::string_view part) {
    sqlite3_str_append(built, part.data(), static_cast<int>(part.size()));
  };
  for (auto at = rest.find(from); at != std::string_view::npos && sqlite3_str_errcode(built) == SQLITE_OK;
       at = rest.find(from)) {
    append(rest.substr(0, at));
    append(to);
    rest.remove_prefix(at + from.size());
  }
  append(rest);
  const int status = sqlite3_str_errcode(built);
  const auto size = static_cast<sqlite3_uint64>(sqlite3_str_length(built));
  char* const text = sqlite3_str_finish(built);
  if (status == SQLITE_OK && text != nullptr) {
    return sqlite3_result_text64(context, text, size, sqlite3_free, SQLITE_UTF8);
  }
  sqlite3_free(text);
  if (status != SQLITE_OK) { return sqlite3_result_error_code(context, status); }
  call.set_result(std::string_view(""));  // sqlite3_str_finish returns null for an empty text
}

/// Which ends of a text `trim` works on.
enum class Side { left = 1, right = 2, both = 3 };

template <std::same_as<TextCall> Call, Side Ends>
void trim_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const Call call(context, count, values);
  if (!call.is_computable(1, longest_trim)) { return; }
  std::array<std::string_view, longest_trim> characters;
  std::size_t used = 0;
  for (auto rest = call.text(1); !rest.empty(); rest.remove_prefix(characters[used++].size())) {
    characters[used] = rest.substr(0, character_size(rest));
  }
  const auto first = characters.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(used);
  auto text = call.text(0);
  unsigned int removed = 0;
  bool stopped = false;
  const auto find_character = [&](auto matches) {
    stopped = stopped || (++removed % 256 == 0 && call.guard().must_stop());
    return stopped ? last : std::find_if(first, last, matches);
  };
  if constexpr (Ends != Side::right) {
    while (!text.empty()) {
      const auto found = find_character([&](std::string_view c) { return text.starts_with(c); });
      if (found == last) { break; }
      text.remove_prefix(found->size());
    }
  }
  if constexpr (Ends != Side::left) {
    while (!text.empty()) {
      const auto found = find_character([&](std::string_view c) { return text.ends_with(c); });
      if (found == last) { break; }
      text.remove_suffix(found->size());
    }
  }
  if (!call.stops(stopped)) { call.set_result(text); }
}

/// Sets the result of LIKE or GLOB, which ignore what follows a NUL. SQLite's own matcher is the faster one and
/// compares what is short.
template <class Syntax>
void match(const TextCall& call, Syntax syntax) noexcept {
  constexpr std::size_t short_enough = std::size_t{1} << 19U;  // half a millisecond
  const auto until_nul = [](std::string_view text) { return text.substr(0, text.find('\0')); };
  const auto pattern = until_nul(call.text(0));
  const auto text = until_nul(call.text(1));
  try {
    const bool matches = pattern.size() * text.size() < short_enough
                             ? syntax.matches(call.text(0).data(), call.text(1).data())
                             : Pattern(pattern, syntax).matches(text, call.guard());
    if (!call.stops(call.guard().has_stopped())) { call.set_result(std::size_t{matches ? 1U : 0U}); }
  } catch (const std::bad_alloc&) { call.run_out_of_memory(); }
}

/// `text LIKE pattern` is like(pattern, text); the third argument is the escape character.
template <std::same_as<TextCall> Call>
void like_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const Call call(context, count, values);
  const bool bytes = call.is_blob(0) || call.is_blob(1);
  if (!call.is_computable(0, longest_pattern)) { return; }
  char escape = '\0';
  if (call.count() == 3) {
    const auto character = call.text(2);
    if (character.size() != 1 || character == "%" || character == "_" || !starts_character(character.front())) {
      return sqlite3_result_error(context, "ESCAPE expression must be a single ASCII character, not % or _", -1);
    }
    escape = character.front();
  }
  if (bytes) { return call.set_result(std::size_t{0}); }
  match(call, LikeSyntax{escape});
}

template <std::same_as<TextCall> Call>
void glob_function(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  const Call call(context, count, values);
  const bool bytes = call.is_blob(0) || call.is_blob(1);
  if (!call.is_computable(0, longest_pattern)) { return; }
  if (bytes) { return call.set_result(std::size_t{0}); }
  match(call, GlobSyntax{});
}

/// Replaces SQLite's functions by those above on this connection, which `guard` must outlive. False if memory ran out.
[[nodiscard]] bool replace_text_functions(sqlite3* connection, std::same_as<QueryGuard> auto& guard) noexcept {
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
  const auto add = [&](const char* name, int arguments, Function function) {
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    return sqlite3_create_function_v2(connection, name, arguments, flags, &guard, function, nullptr, nullptr,
                                      nullptr) == SQLITE_OK;
  };
  return add("instr", 2, &instr_function<TextCall>) && add("replace", 3, &replace_function<TextCall>) &&
         add("trim", 2, &trim_function<TextCall, Side::both>) &&
         add("ltrim", 2, &trim_function<TextCall, Side::left>) &&
         add("rtrim", 2, &trim_function<TextCall, Side::right>) && add("like", 2, &like_function<TextCall>) &&
         add("like", 3, &like_function<TextCall>) && add("glob", 2, &glob_function<TextCall>);
}

}  // namespace heddle::sealed_query
