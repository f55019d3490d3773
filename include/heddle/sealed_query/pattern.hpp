// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sealed_query/query_guard.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// LIKE and GLOB that can be stopped. SQLite's own take the product of the two lengths in one call, a third of a second
/// for a text of 1 MiB. Here SQLite's matcher compares only the parts of a pattern between wildcards, each with one
/// place of the text at a time.
namespace heddle::sealed_query {

/// True unless the byte continues a character of UTF-8.
[[nodiscard]] inline bool starts_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

/// The number of bytes of the first character of a text that is not empty.
[[nodiscard]] inline std::size_t character_size(std::string_view text) noexcept {
  std::size_t end = 1;
  while (end < text.size() && !starts_character(text[end])) { ++end; }
  return end;
}

/// The wildcards of LIKE.
struct LikeSyntax {
  static constexpr char any_text = '%';
  char escape = '\0';

  /// The bytes at the start of `pattern` that match exactly one character.
  [[nodiscard]] std::size_t unit(std::string_view pattern) const noexcept {
    if (escape == '\0' || pattern.front() != escape) { return character_size(pattern); }
    return pattern.size() == 1 ? 1 : 1 + character_size(pattern.substr(1));
  }
  [[nodiscard]] bool matches(const char* pattern, const char* text) const noexcept {
    return sqlite3_strlike(pattern, text, static_cast<unsigned char>(escape)) == 0;
  }
};

/// The wildcards of GLOB.
struct GlobSyntax {
  static constexpr char any_text = '*';

  /// The bytes at the start of `pattern` that match exactly one character. A set that does not end matches nothing.
  [[nodiscard]] static std::size_t unit(std::string_view pattern) noexcept {
    if (pattern.front() != '[') { return character_size(pattern); }
    std::size_t at = 1;
    if (at < pattern.size() && pattern[at] == '^') { ++at; }
    const auto end = pattern.find(']', at + 1);  // a bracket at the start of the set is a member of it
    return end == std::string_view::npos ? pattern.size() : end + 1;
  }
  [[nodiscard]] static bool matches(const char* pattern, const char* text) noexcept {
    return sqlite3_strglob(pattern, text) == 0;
  }
};

/// A pattern, split where it admits any text.
template <class Syntax>
class Pattern {
 public:
  Pattern(std::string_view pattern, Syntax syntax) : syntax_(syntax) {
    parts_.emplace_back();
    while (!pattern.empty()) {
      const bool splits = pattern.front() == Syntax::any_text;
      const auto size = splits ? 1 : syntax_.unit(pattern);
      if (splits) {
        parts_.emplace_back();
      } else {
        parts_.back().pattern.append(pattern.substr(0, size));
        ++parts_.back().characters;
      }
      pattern.remove_prefix(size);
    }
    // The rest of the text is not the matter of one part.
    for (auto& part : parts_) { part.pattern += Syntax::any_text; }
  }

  /// True if the pattern matches the whole text, which must end with a NUL that it does not count. False also if the
  /// query has to stop; the guard knows then.
  [[nodiscard]] bool matches(std::string_view text, QueryGuard& guard) const {
    const Part& first = parts_.front();
    if (!matches_here(first, text)) { return false; }
    if (!skip(text, first.characters)) { return false; }
    if (parts_.size() == 1) { return text.empty(); }
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
      if (!find(parts_[i], text, guard)) { return false; }
      skip(text, parts_[i].characters);
    }
    const Part& last = parts_.back();
    std::size_t start = text.size();
    for (std::size_t left = last.characters; left > 0; --left) {
      if (start == 0) { return false; }
      do { --start; } while (start > 0 && !starts_character(text[start]));
    }
    return matches_here(last, text.substr(start));
  }

 private:
  struct Part {
    std::string pattern{};
    std::size_t characters = 0;
  };

  [[nodiscard]] bool matches_here(const Part& part, std::string_view text) const {
    return part.characters == 0 || syntax_.matches(part.pattern.c_str(), text.data());
  }

  /// Removes characters from the start of the text; false if there are too few.
  static bool skip(std::string_view& text, std::size_t characters) noexcept {
    for (; characters > 0; --characters) {
      if (text.empty()) { return false; }
      text.remove_prefix(character_size(text));
    }
    return true;
  }

  /// Removes what precedes the first match; false if there is none.
  [[nodiscard]] bool find(const Part& part, std::string_view& text, QueryGuard& guard) const {
    constexpr unsigned int often = 256;
    for (unsigned int places = 1; !matches_here(part, text); ++places) {
      if (text.empty() || (places % often == 0 && guard.must_stop())) { return false; }
      text.remove_prefix(character_size(text));
    }
    return true;
  }

  std::vector<Part> parts_{};
  Syntax syntax_;
};

}  // namespace heddle::sealed_query
