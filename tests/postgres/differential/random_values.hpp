#pragma once

#include "heddle/core.hpp"
#include "heddle/limits.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "property/generator.hpp"

#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace differential {

/// Values of the model, most of them valid, many of them at a limit.
class RandomValues : public property::Generator {
 public:
  using Generator::Generator;

  std::uint64_t bits() { return (static_cast<std::uint64_t>(number(1U << 31U)) << 33U) ^ number(~std::size_t{0}); }

  std::int64_t any_integer() {
    static const std::vector<std::int64_t> edges{0,
                                                 1,
                                                 -1,
                                                 2,
                                                 100,
                                                 heddle::limits::tokens,
                                                 heddle::limits::tokens + 1,
                                                 (std::int64_t{1} << 53U) + 1,
                                                 (std::int64_t{1} << 62U) + 3,
                                                 std::numeric_limits<std::int64_t>::max(),
                                                 std::numeric_limits<std::int64_t>::max() - 1,
                                                 std::numeric_limits<std::int64_t>::min()};
    return one_in(4) ? static_cast<std::int64_t>(bits() >> number(64)) : one_of(edges);
  }

  /// Returns a time to live that has passed at the next call, or has not before the end of the test.
  std::chrono::milliseconds any_duration() {
    using namespace std::chrono_literals;
    const std::chrono::milliseconds any(any_integer());
    return any > 1ms && any < 1h ? 1ms : any;
  }

  double any_real() {
    static const std::vector<double> edges{0.0,
                                           -0.0,
                                           5e-324,
                                           -1e-310,
                                           0.1,
                                           1.0,
                                           1e-7,
                                           heddle::limits::dollars,
                                           -heddle::limits::dollars,
                                           9007199254740993.0,
                                           std::nextafter(heddle::limits::dollars, 2e12),
                                           std::numeric_limits<double>::max(),
                                           std::numeric_limits<double>::infinity(),
                                           std::numeric_limits<double>::quiet_NaN()};
    return one_in(3) ? std::bit_cast<double>(bits()) : one_of(edges);
  }

  /// Returns a value that can be stored.
  double dollars() {
    static const std::vector<double> edges{0.0, -0.0, 0.1, 1e-9, 5e-324, -0.3, 2.0, 3.0, 1e12, -1e12, 12345.678};
    return one_in(50) ? any_real() : one_of(edges);
  }
  std::int64_t tokens() { return one_in(50) ? any_integer() : static_cast<std::int64_t>(bits() >> (26 + number(38))); }

  /// Returns the revision of a write: that of a record which was not loaded, of a new one or of one with few changes.
  std::int64_t revision() {
    if (one_in(40)) { return any_integer(); }
    return one_in(2) ? 0 : static_cast<std::int64_t>(number(4));
  }

  heddle::Timestamp any_time() {
    using heddle::Timestamp;
    static const std::vector<std::int64_t> edges{-1,
                                                 1,
                                                 -62135596800000000,
                                                 -62135596800000001,
                                                 253402300799999999,
                                                 253402300800000000,
                                                 -1000000,
                                                 1700000000000000};
    switch (number(12)) {
      case 0: return Timestamp(std::chrono::microseconds(any_integer()));
      case 1: return Timestamp(std::chrono::microseconds(one_of(edges)));
      default: return Timestamp(std::chrono::microseconds(static_cast<std::int64_t>(number(5)) * 1000 - 2000));
    }
  }

  /// Few values, so that calls use the same ones.
  std::string id(std::string_view kind) {
    if (one_in(150)) { return nasty(); }
    switch (number(12)) {
      case 0: return std::string(kind) + one_of(odd_ids());
      case 1: return std::string(one_of(odd_ids())) + std::string(kind);
      default: return std::string(kind) + std::to_string(number(4));
    }
  }

  /// Words that tokenizers, stemmers and parsers may treat differently.
  std::string words(std::size_t most = 8) {
    static const std::vector<std::string> between{" ",  " ",  " ",  " ", "-", "'",  "_",
                                                  ", ", "\n", "\"", "",  ".", "\t", "/"};
    std::string text;
    for (std::size_t count = 1 + number(most); count-- > 0;) {
      text += one_of(vocabulary());
      text += one_of(between);
    }
    return text;
  }

  std::string clean() {
    std::string text = one_in(3) ? words() : nasty();
    return property::is_clean(text) ? text : words(3);
  }

  std::string text() {
    if (one_in(8)) { return {}; }
    return one_in(400) ? nasty() : one_in(2) ? words(20) : clean();
  }

  /// A search in which a session and an agent are not named.
  heddle::MessageSearch search(const std::string& query) {
    using namespace heddle;
    MessageSearch search{.query = query};
    if (one_in(3)) { search.match = WordMatch::any; }
    search.begins_word = one_in(4);
    if (one_in(4)) { search.order = SearchOrder::newest; }
    if (one_in(5)) { search.roles = {static_cast<Role>(number(4)), static_cast<Role>(number(one_in(20) ? 6 : 4))}; }
    if (one_in(8)) { search.from = any_time(); }
    if (one_in(8)) { search.before = any_time(); }
    if (one_in(2)) {
      // Sometimes one that there is not.
      for (auto count = 1 + number(3); count-- > 0;) {
        search.where.push_back(static_cast<SearchPlace>(number(one_in(40) ? 6 : 4)));
      }
    }
    return search;
  }

  /// A search in which a session, an agent and a type are not named.
  heddle::ArtifactSearch artifact_search(const std::string& query) {
    using namespace heddle;
    ArtifactSearch search{.query = query};
    if (one_in(3)) { search.match = WordMatch::any; }
    search.begins_word = one_in(4);
    if (one_in(4)) { search.order = SearchOrder::newest; }
    if (one_in(5)) { search.source = static_cast<ArtifactSource>(number(one_in(20) ? 4 : 3)); }
    if (one_in(8)) { search.from = any_time(); }
    if (one_in(8)) { search.before = any_time(); }
    return search;
  }

  std::string json(std::size_t depth = 0) {
    static const std::vector<std::string> leaves{"null",
                                                 "true",
                                                 "-0",
                                                 "-0.0",
                                                 "1e308",
                                                 "5e-324",
                                                 "9223372036854775808",
                                                 "0.1",
                                                 "1E-7",
                                                 "[]",
                                                 "{}",
                                                 "\"\\ud83d\\ude42\"",
                                                 "\"\\u0001\"",
                                                 "123456789012345678901234567890",
                                                 " 1 ",
                                                 "\"\\/\""};
    if (one_in(300)) { return nasty_json(); }
    if (depth > 3 || one_in(3)) { return one_in(3) ? quoted(clean()) : one_of(leaves); }
    if (one_in(2)) { return "[" + json(depth + 1) + " , " + json(depth + 1) + "]"; }
    return object(depth + 1);
  }
  std::string object(std::size_t depth = 0) {
    if (one_in(4)) { return "{}"; }
    if (one_in(100)) {
      const std::size_t deep = heddle::limits::json_depth - 2 + number(4);
      return R"({"a":)" + std::string(deep, '[') + std::string(deep, ']') + "}";
    }
    return "{" + quoted(clean()) + ":" + json(depth + 1) + (one_in(2) ? ",\n \"a\" : " + integer() : "") + "}";
  }

  /// Few values, each written in several ways.
  std::string integer() {
    static const std::vector<std::string> all{
        "1", "1.0", "1e0", "10E-1", "0", "-0", "-0.0", "0e7", "1e-400", "9007199254740993", "9007199254740992.0"};
    return one_of(all);
  }

  /// Fills every part of a record.
  template <class T>
  void fill(std::string_view name, T& value) {
    using namespace heddle;
    if constexpr (std::same_as<T, std::string>) {
      value = name.ends_with("id") ? id("x") : text();
    } else if constexpr (std::same_as<T, bool>) {
      value = one_in(2);
    } else if constexpr (std::same_as<T, JsonObject>) {
      value.text = one_in(200) ? json() : object();
    } else if constexpr (std::same_as<T, JsonValue>) {
      value.text = json();
    } else if constexpr (NamedEnum<T>) {
      value = static_cast<T>(number(EnumNames<T>::values.size() + (one_in(100) ? 1 : 0)));
    } else if constexpr (std::same_as<T, double>) {
      value = dollars();
      if (value < 0 && name.find("cost") != std::string_view::npos && !one_in(40)) { value = -value; }
    } else if constexpr (std::integral<T>) {
      value = name.find("token") != std::string_view::npos ? tokens() : any_integer();
    } else if constexpr (std::same_as<T, Timestamp>) {
      value = one_in(3) ? Timestamp{} : any_time();
    } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
      value = name.starts_with("timeout") ? any_duration() : std::chrono::milliseconds(any_integer());
    } else if constexpr (heddle::reflection::is_optional<T>) {
      if (one_in(3)) { fill(name, value.emplace()); }
    } else if constexpr (heddle::reflection::StringMap<T>) {
      for (std::size_t count = number(3); count-- > 0;) { value.insert_or_assign(clean(), text()); }
    } else if constexpr (heddle::reflection::is_vector<T>) {
      for (std::size_t count = number(3); count-- > 0;) { fill(name, value.emplace_back()); }
    } else if constexpr (heddle::reflection::Record<T>) {
      heddle::reflection::for_each_member(value, [this](const char* each, auto& member) { this->fill(each, member); });
    }
  }
  template <class Record>
  Record record() {
    Record value{};
    fill("", value);
    return value;
  }

 private:
  static const std::vector<std::string>& odd_ids() {
    static const std::vector<std::string> all{"é",
                                              "e\xCC\x81",
                                              "Z",
                                              "a b",
                                              "'",
                                              "\"",
                                              "\\",
                                              "%",
                                              "_",
                                              ".",
                                              "🙂",
                                              "\x01",
                                              "\xE2\x80\xAE",
                                              "\xEF\xBF\xBF",
                                              "A",
                                              "ß",
                                              "\t",
                                              std::string(253, 'l'),
                                              std::string(254, 'l'),
                                              std::string(255, 'l')};
    return all;
  }
  static const std::vector<std::string>& vocabulary() {
    static const std::vector<std::string> all{"running",
                                              "runs",
                                              "ran",
                                              "Grüße",
                                              "GRÜSSE",
                                              "gruße",
                                              "café",
                                              "cafe\xCC\x81",
                                              "世界",
                                              "世",
                                              "界",
                                              "🙂",
                                              "नमस्ते",
                                              "مرحبا",
                                              "שלום",
                                              "İstanbul",
                                              "istanbul",
                                              "ﬁle",
                                              "file",
                                              "Ⅷ",
                                              "x²",
                                              "naïve",
                                              "o'neil",
                                              "a_b",
                                              "100%",
                                              "C++",
                                              "c",
                                              "the",
                                              "The",
                                              "and",
                                              "AND",
                                              "NOT",
                                              "near",
                                              "abilities",
                                              "ability",
                                              "ponies",
                                              "caresses",
                                              "\xE2\x80\xAE"
                                              "abc",
                                              "abc",
                                              "a",
                                              "b",
                                              "~",
                                              "~u",
                                              "|",
                                              "\xEE\x80\x80",
                                              "\xF3\xB0\x80\x80",
                                              "\xEF\xBF\xBD",
                                              "e\xCC\x81"
                                              "e",
                                              "ệ",
                                              "ＡＢＣ",
                                              "ǆ",
                                              "ẞ",
                                              "ß",
                                              "\x01",
                                              "x\x02y",
                                              "123",
                                              "1.5",
                                              "2024-01-01",
                                              "user@example.org",
                                              "ёлка",
                                              "елка",
                                              "ΣΊΣΥΦΟΣ",
                                              "σίσυφος",
                                              "ά",
                                              "aéing",
                                              "éd",
                                              "日本語ing",
                                              "ies",
                                              std::string(254, 'w'),
                                              std::string(255, 'w'),
                                              std::string(256, 'w'),
                                              std::string(300, 'w'),
                                              std::string(127, 'q') + "é" + std::string(127, 'q'),
                                              "\xE2\x80\x8D",
                                              "ka\xCC\xA7",
                                              "'",
                                              "\\"};
    return all;
  }
};

}  // namespace differential
