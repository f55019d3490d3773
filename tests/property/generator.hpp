#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace property {

/// The seed of every run. Set HEDDLE_TEST_SEED to use another one.
inline std::uint32_t seed() {
  const char* const given = std::getenv("HEDDLE_TEST_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : 20240607U;
}

/// Returns true if `text` is UTF-8 as RFC 3629, section 4, defines it, without a NUL: written from its grammar,
/// independent of the library's own check.
inline bool is_clean(std::string_view text) {
  const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto tail = [&](std::size_t at, unsigned from = 0x80U, unsigned to = 0xBFU) {
    return byte(at) >= from && byte(at) <= to;
  };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned first = byte(at);
    if (first >= 0x01U && first <= 0x7FU) {
      at += 1;
    } else if (first >= 0xC2U && first <= 0xDFU && tail(at + 1)) {
      at += 2;
    } else if (first >= 0xE0U && first <= 0xEFU &&
               tail(at + 1, first == 0xE0U ? 0xA0U : 0x80U, first == 0xEDU ? 0x9FU : 0xBFU) && tail(at + 2)) {
      at += 3;
    } else if (first >= 0xF0U && first <= 0xF4U &&
               tail(at + 1, first == 0xF0U ? 0x90U : 0x80U, first == 0xF4U ? 0x8FU : 0xBFU) && tail(at + 2) &&
               tail(at + 3)) {
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

/// Pieces of text that have broken programs.
inline const std::vector<std::string>& nasty_pieces() {
  using namespace std::string_literals;
  static const std::vector<std::string> all{
      // quotes, operators and SQL
      "\"", "'", "`", "\"\"", "''", "AND", "OR", "NOT", "NEAR", "NEAR(", "(", ")", "*", "^", ":", "-", "+", "{", "}",
      "content:", "rowid:1", "a*", "^a", "\"a\"*", "--", "/*", "*/", ";", "'; DROP TABLE messages; --", "' OR '1'='1",
      "?1", ":name", "@x", "$1", "%s", "%n", "%", "_", "\\", "\\\"", "\\u0000", "\\x00", "%00", "\\N", "NULL",
      // file names and code
      "report.csv", "C++", "foo-bar", "user's", "what's the status?", "../..", "/etc/passwd", "C:\\x", "a/b", ".", "..",
      "<script>", "&amp;", "{{x}}", "${x}", "$(x)", "\r\n", "\n", "\t", "\v", "\f", " ", "   ",
      // Unicode
      "é", "e\xCC\x81", "\xCC\x81", "ß", "İ", "ﬁ", "Ａ", "日本語", "العربية", "\xE2\x80\xAE", "\xE2\x80\x8B",
      "\xEF\xBB\xBF", "\xE2\x80\xA8", "\xC2\xA0", "\xC2\x85", "🙂", "👩\xE2\x80\x8D👩\xE2\x80\x8D👧", "🇩🇪",
      "\xEF\xBF\xBF", "\xEF\xB7\x90", "\xF4\x8F\xBF\xBF", "\xEE\x80\x80", "\xED\x9F\xBF",
      "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!"
      "͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
      // control characters
      "\x01", "\x07", "\x08", "\x1B[31m", "\x1F", "\x7F",
      // invalid UTF-8, and NUL
      "\0"s, "a\0b"s, "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF",
      "\xF0\x9F\x98", "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xE0\x80\xAF",
      // JSON and the like
      "{}", "[]", "null", "true", "0", "-0", "1e999", "NaN", "{\"a\":1}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}",
      "{\"a\":1,\"a\":2}", "[1,]", "{\"a\":}", "\"\\ud83d\\ude42\"", "123456789012345678901234567890", " {} ", "{} {}",
      "\xEF\xBB\xBF{}", "{\"\":\"\"}", "[[[[[[[[", "// x\n{}"};
  return all;
}

/// Generates text from these pieces; deterministic, the same on every machine.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  /// Returns a number from 0 to `below` - 1.
  std::size_t number(std::size_t below) { return engine_() % below; }
  bool one_in(std::size_t many) { return number(many) == 0; }

  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[number(list.size())];
  }

  /// Returns text that is likely to cause problems. Half of it is clean.
  std::string nasty() {
    if (one_in(100)) { return std::string(one_of(lengths()), one_in(2) ? 'x' : '"'); }
    const bool clean = one_in(2);
    std::string text;
    for (std::size_t pieces = number(4); text.empty() || pieces-- > 0;) {
      const std::string& piece = one_of(nasty_pieces());
      if (!clean || is_clean(piece)) { text += piece; }
      if (one_in(8)) { text += static_cast<char>('a' + number(26)); }
      if (!clean && one_in(20)) { text += static_cast<char>(number(256)); }
    }
    return one_in(60) ? std::string() : text;
  }

  /// Returns `nasty` text as it is, or inside JSON with or without escaping.
  std::string nasty_json() {
    switch (number(4)) {
      case 0: return "{\"key\":" + quoted(nasty()) + "}";
      case 1: return "{" + quoted(nasty()) + ":[null," + quoted(nasty()) + "]}";
      case 2: return "{\"key\":\"" + nasty() + "\"}";
      default: return nasty();
    }
  }

  /// Returns a JSON string literal of this text.
  static std::string quoted(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string literal = "\"";
    for (const char each : text) {
      const auto byte = static_cast<unsigned char>(each);
      if (each == '"' || each == '\\') {
        literal.append({'\\', each});
      } else if (byte < 0x20U) {
        literal.append("\\u00").append({hex[byte >> 4U], hex[byte & 15U]});
      } else {
        literal += each;
      }
    }
    return literal + "\"";
  }

 private:
  /// Returns text at the limits of the library, and just beyond them.
  static const std::vector<std::size_t>& lengths() {
    static const std::vector<std::size_t> all{1, 254, 255, 256, 4095, 4096, 4097, 70000};
    return all;
  }

  std::mt19937 engine_;
};

}  // namespace property
