#include "heddle/repair_text.hpp"
#include "property/generator.hpp"
#include "unit/text/analysis.hpp"
#include "unit/text/points.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace analysis;
using heddle::text::WordKind;

namespace {

std::string normal(const std::string& text, int options) {
  utf8proc_uint8_t* made = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | options));
  if (size < 0) { FAIL("utf8proc fails"); }
  std::string result(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
  std::free(made);  // NOLINT: of a C library
  return result;
}

std::string hex(std::string_view text) {
  std::string all;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    ((all += "0123456789abcdef"[byte >> 4U]) += "0123456789abcdef"[byte & 15U]) += ' ';
  }
  return all;
}

/// Returns what is wrong with a word as the term of an index; empty if nothing is.
std::string fault_of(const Kept& word) {
  for (const std::string& part : {word.term, word.folded}) {
    if (part.empty() || part.size() > heddle::text::longest_word) { return "its size"; }
    if (!property::is_clean(part)) { return "no UTF-8"; }
    for (const char c : part) {
      const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
      if (!fine) { return "a byte that separates"; }
    }
  }
  return {};
}

/// Returns what is wrong with the words of a text of any bytes; empty if nothing is.
std::string fault_of_words(std::string_view text) {
  const std::vector<Kept> found = words(text);
  for (std::size_t at = 0; at < found.size(); ++at) {
    const Kept& word = found[at];
    if (std::string fault = fault_of(word); !fault.empty()) { return fault; }
    if (word.position != at) { return "a position"; }
    if (word.begin >= word.end || word.end > text.size()) { return "an offset"; }
    if (at > 0 && word.begin < found[at - 1].begin) { return "the order"; }
    // What stands there is the word, by itself: among the words of a character that is several of them.
    const std::vector<Kept> again = words(text.substr(word.begin, word.end - word.begin));
    const bool same = std::any_of(again.begin(), again.end(), [&word](const Kept& each) {
      return each.term == word.term && each.folded == word.folded;
    });
    if (!same) { return "a place"; }
  }
  return {};
}

}  // namespace

TEST_CASE("text: every code point has words that an index can hold, and its canonical decomposition has the same") {
  std::size_t several = 0;
  std::size_t wrong = 0;
  for_each_point([&](std::uint32_t point) {
    if (point == 0) { return; }
    const std::string text = utf8(point);
    std::size_t own = 0;
    for (const Kept& word : words(text)) {
      if (!fault_of(word).empty()) { ++wrong; }
      own = std::max(own, std::size_t{word.position});
    }
    if (own > 0) { ++several; }
    if (heddle::text::kind_of(point) == heddle::text::Kind::unknown) { return; }
    for (const std::string& around : {std::string(), std::string("a"), std::string("\u0438"), std::string("\u306B")}) {
      if (terms(around + text) != terms(normal(around + text, UTF8PROC_DECOMPOSE)) && ++wrong < 10) {
        FAIL_CHECK("U+" << std::hex << point << " after " << around);
      }
    }
    if (own == 0 && folded(folded(text)) != folded(text) && ++wrong < 10) {
      FAIL_CHECK("U+" << std::hex << point << " changes when it is folded again");
    }
  });
  CHECK(wrong == 0);
  CHECK(several < 1000);
}

TEST_CASE("text: words of generated texts") {
  std::size_t count = 0;
  for (const std::string& text : samples()) {
    count += words(text).size();
    CAPTURE(hex(text));
    REQUIRE(fault_of_words(text) == "");
    const std::string decomposed = normal(text, UTF8PROC_DECOMPOSE);
    REQUIRE(terms(text) == terms(decomposed));
    REQUIRE(terms(text) == terms(normal(text, UTF8PROC_COMPOSE)));
    REQUIRE(words(text) == words(text));
  }
  CHECK(count > 100000);
}

TEST_CASE("text: FTS5's tokenizer ascii takes terms as they are") {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='ascii')");
  database.exec("CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance)");
  std::string all;
  std::vector<std::string> expected;
  const auto add = [&](const std::string& text) {
    for (const Kept& word : words(text)) {
      (all += word.term) += ' ';
      expected.push_back(word.term);
    }
  };
  for (const std::string& text : samples()) { add(text); }
  for (std::uint32_t point = 0x80; point < 0xD800; ++point) { add(utf8(point)); }
  SQLite::Statement insert(database, "INSERT INTO texts (rowid, text) VALUES (1, ?)");
  insert.bindNoCopy(1, all);
  insert.exec();
  SQLite::Statement read(database, "SELECT term FROM words ORDER BY \"offset\"");
  std::vector<std::string> found;
  while (read.executeStep()) { found.push_back(read.getColumn(0).getString()); }
  CHECK(found.size() == expected.size());
  CHECK((found == expected));
}

TEST_CASE("text: words do not depend on what stands behind separators") {
  const std::vector<std::string> texts = samples();
  for (std::size_t at = 1; at < texts.size(); ++at) {
    for (const std::string_view separator : {" ", "\n", "\xFF", "\u3002"}) {
      const std::string joined = texts[at - 1] + std::string(separator) + texts[at];
      std::vector<Kept> expected = words(texts[at - 1]);
      const std::size_t before = expected.size();
      for (Kept word : words(texts[at])) {
        word.begin += texts[at - 1].size() + separator.size();
        word.end += texts[at - 1].size() + separator.size();
        word.position += static_cast<std::uint32_t>(before);
        expected.push_back(word);
      }
      CAPTURE(hex(joined));
      REQUIRE(words(joined) == expected);
    }
  }
}

TEST_CASE("text: any bytes have words, and the same when they are repaired") {
  property::Generator generator(property::seed());
  for (int count = 0; count < 20000; ++count) {
    std::string text = generator.nasty();
    if (text.size() > 5000) { text.resize(5000); }
    if (generator.one_in(2)) {
      for (std::size_t bytes = generator.number(30); bytes > 0; --bytes) {
        text += static_cast<char>(generator.number(256));
      }
    }
    CAPTURE(hex(text));
    REQUIRE(fault_of_words(text) == "");
    REQUIRE(terms(text) == terms(heddle::repair_text(text)));
  }
}

TEST_CASE("text: a phrase of a text is found in it") {
  const std::vector<std::string> texts = samples();
  for (const std::string& text : texts) {
    const std::vector<Kept> found = words(text);
    if (found.empty()) { continue; }
    CAPTURE(hex(text));
    REQUIRE(finds(text, text));
    // Parts that begin or end where words do are found, too, but where a character is several words.
    const std::size_t middle = found.size() / 2;
    const Kept& last = found[middle];
    const std::string part = text.substr(0, last.end);
    const std::vector<Kept> cut = words(part);
    const bool whole = cut.size() == middle + 1 || (cut.size() == middle + 2 && cut.back().kind == WordKind::single);
    if (whole) { REQUIRE(finds(part, text)); }
    const std::string rest = text.substr(last.begin);
    if (words(rest).front().term == last.term) { REQUIRE(finds(rest, text)); }
  }
}

TEST_CASE("text: long words count as their first bytes") {
  const std::string kept(heddle::text::longest_word, 'x');
  const std::vector<Kept> ascii = words(kept + "yz zz");
  REQUIRE(ascii.size() == 2);
  CHECK(ascii[0].term == kept);
  CHECK(ascii[0].end == kept.size() + 2);
  CHECK(ascii[1].term == "zz");
  std::string letters;
  for (int count = 0; count < 1000; ++count) { letters += "щ"; }
  CHECK(terms(letters + "a").size() == 254);
  // After a character that does not fit, nothing of the word is kept.
  CHECK(terms(std::string(254, 'x') + "щy") == std::string(254, 'x'));
  std::string tower = "ก";
  for (int count = 0; count < 500; ++count) { tower += "\u0E49"; }
  for (const Kept& word : words(tower + tower + "ข" + tower)) { CHECK(word.term.size() <= 200); }
  CHECK(words(tower + tower + "ข" + tower).size() == 4);
  std::string family = "👩";
  for (int count = 0; count < 500; ++count) { family += "\u200D👧"; }
  CHECK(words(family + " x").size() == 2);
}

TEST_CASE("text: threads that use a script for the first time see the same words") {
  std::string text;
  for (std::uint32_t point = 0x10000; point < 0x18000; point += 7) { text += utf8(point); }
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&result, &text] { result = terms(text); });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (const std::string& result : results) { CHECK(result == results.front()); }
}
