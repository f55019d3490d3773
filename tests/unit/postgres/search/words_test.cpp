#include "heddle/postgres/search/words.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/postgres/search/search_query.hpp"
#include "heddle/sql/split_query.hpp"
#include "heddle/text/query_words.hpp"
#include "heddle/validation/text.hpp"
#include "property/generator.hpp"
#include "vector_literal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;
using postgres::search::search_query;
using postgres::search::Words;
using postgres::search::words_of;

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) { parts.emplace_back(text.substr(at, end - at)); }
    at = end + 1;
  }
  return parts;
}

/// Parses the literal of a tsvector as PostgreSQL does: the positions of each word.
using Vector = std::map<std::string, std::vector<std::size_t>>;

Vector parse(const std::string& literal) {
  Vector vector;
  for (const std::string& entry : split(literal, ' ')) {
    const std::size_t end = entry.find('\'', 1);
    if (entry.front() != '\'' || end == std::string::npos) { FAIL("not a word of a tsvector: {" << entry << "}"); }
    auto& positions = vector[entry.substr(1, end - 1)];
    if (end + 1 == entry.size()) { continue; }
    if (entry[end + 1] != ':') { FAIL("no positions: {" << entry << "}"); }
    for (const std::string& position : split(std::string_view(entry).substr(end + 2), ',')) {
      positions.push_back(std::stoul(position));
    }
  }
  return vector;
}

/// Returns the positions of a word of a query, of all words that start with it if it ends in '*'; nothing if the vector
/// has none.
std::optional<std::set<std::size_t>> positions_of(const Vector& vector, const std::string& word) {
  std::optional<std::set<std::size_t>> found;
  const bool prefix = word.back() == '*';
  const std::string start = prefix ? word.substr(0, word.size() - 1) : word;
  for (auto each = vector.lower_bound(start); each != vector.end(); ++each) {
    if (prefix ? !each->first.starts_with(start) : each->first != start) { break; }
    if (!found) { found.emplace(); }
    found->insert(each->second.begin(), each->second.end());
  }
  return found;
}

Words words_of_text(const std::string& text) {
  const Message message{.content = text};
  return words_of(sql::SearchText(message, text.size()));
}

/// Returns whether a query matches the words of a row, by the rules of the database's search functions.
bool matches(const Words& words, const std::string& query) {
  const Vector vector = parse(literal_of(words.vector));
  const auto terms = split(query.substr(0, query.find('\f')), '\n');
  return !terms.empty() && std::all_of(terms.begin(), terms.end(), [&](const std::string& term) {
    const auto phrase = split(term, ' ');
    std::optional<std::set<std::size_t>> ends;
    for (const std::string& word : phrase) {
      const auto places = positions_of(vector, word);
      if (!places) { return false; }
      std::set<std::size_t> next;
      for (const std::size_t place : *places) {
        if (!ends || ends->contains(place - 1)) { next.insert(place); }
      }
      ends = next;
    }
    if (phrase.size() == 1) { return true; }
    if (!words.list) { return !ends->empty(); }
    const std::string pattern = term.back() == '*' ? term.substr(0, term.size() - 1) : term + " ";
    return words.list->find(" " + pattern) != std::string::npos;
  });
}

/// A row by the definition of a search: the terms of each text in order, and what each phrase of a query asks for.
class Row {
 public:
  explicit Row(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      terms_.emplace_back();
      text::for_each_word(std::string_view(text).substr(0, sql::searched_bytes),
                          [&](const text::Word& word) { terms_.back().emplace_back(word.term); });
    }
  }

  [[nodiscard]] bool matches(const std::vector<std::string_view>& phrases) const {
    bool any = false;
    for (const std::string_view phrase : phrases) {
      std::vector<std::pair<std::string, bool>> wanted;
      text::for_each_query_word(phrase,
                                [&](const text::QueryWord& word) { wanted.emplace_back(word.term, word.prefix); });
      if (wanted.empty()) { continue; }
      if (std::none_of(terms_.begin(), terms_.end(), [&](const auto& terms) { return has(terms, wanted); })) {
        return false;
      }
      any = true;
    }
    return any;
  }

 private:
  static bool has(const std::vector<std::string>& terms, const std::vector<std::pair<std::string, bool>>& wanted) {
    return std::search(terms.begin(), terms.end(), wanted.begin(), wanted.end(),
                       [](const std::string& term, const std::pair<std::string, bool>& word) {
                         return word.second ? term.starts_with(word.first) : term == word.first;
                       }) != terms.end();
  }

  std::vector<std::vector<std::string>> terms_{};
};

/// Texts that may be a word for one and none for the other: cases, accents, stems, digits, scripts, marks, symbols; a
/// character that gets longer in lower case; one whose bytes the stemmer takes for doubled letters.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all{
      "run",     "Running", "RUNS",   "ran",      "hopping", "hop",      "agreed",     "C++",       "x-ray",
      "user's",  "café",    "CAFE",   "naïve",    "Ⱥbc",     "ⱥbc",      "İstanbul",   "straße",    "ﬁne",
      "日本語",  "日本",    "🙂",   "١٢٣",      "3.14",    "e\u0301t", "\u0301",     "\u0924ing", "a\u0924ed",
      "_a_",     "|",       "~u",     "'",        "\\",      "*",        "AND",        "NEAR(a)",   "a:b",
      "^a",      "\u200b",  "\u00a0", "\ue000x",  "ﷺ",       "Ω",        "ω",          "ς",         "Σίσυφος",
      "ΣΊΣΥΦΟΣ", "ё",       "е",      "đ",        "ı",       "東京",     "京都タワー", "서울에서",  "สวัสดี",
      "か",      "が",      "½",      "👍🏽", "🇨🇭",      "a🍕b",      "=",          "=run"};
  return all;
}

std::string generated(property::Generator& random, std::size_t most) {
  static const std::vector<std::string> between{" ", " ", " ", "  ", "\n", "-", ".", "", "/", ", "};
  std::string text;
  for (std::size_t count = random.number(most + 1); count > 0; --count) {
    if (random.one_in(20)) {
      text += std::string(200 + random.number(120), random.one_in(2) ? 'q' : 'z');
    } else {
      text += random.one_of(pieces());
    }
    text += random.one_of(between);
  }
  return text;
}

std::string generated_query(property::Generator& random, const std::string& text) {
  std::string query;
  for (std::size_t terms = random.one_in(2) ? 1 : 1 + random.number(3); terms > 0; --terms) {
    std::string term = generated(random, 3);
    if (!random.one_in(4) && !text.empty()) {
      // A part of the text that ends between characters, but not always between words.
      const auto is_start = [&](std::size_t at) {
        return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
      };
      std::size_t from = random.number(text.size());
      while (!is_start(from)) { ++from; }
      std::size_t to = std::min(text.size(), from + random.number(20));
      while (!is_start(to)) { ++to; }
      if (random.one_in(2)) {
        from = std::min(text.find(' ', from), text.size());
        to = text.find(' ', to);
      }
      term = text.substr(from, to - from);
    }
    std::erase(term, '"');
    query += random.one_in(3) ? term + " " : "\"" + term + "\" ";
  }
  return query;
}

std::string word_of(std::size_t number) {
  std::string word = "w";
  for (; number > 0; number /= 26) { word += static_cast<char>('a' + number % 26); }
  return word + "q";  // after which no stem is cut
}

/// Returns the bytes that PostgreSQL needs for a tsvector.
std::size_t size_of(const Vector& vector) {
  std::size_t size = 0;
  for (const auto& [word, positions] : vector) {
    const bool fits =
        word.size() <= text::longest_word + 1 && positions.size() <= 255 && heddle::validation::is_clean_utf8(word);
    if (!fits) { FAIL_CHECK("the database would refuse {" << word << "}"); }
    size += word.size() + (positions.empty() ? 0 : 3 + 2 * positions.size());
  }
  return size;
}
constexpr std::size_t largest_tsvector = (1U << 20U) - 1;

}  // namespace

TEST_CASE("words: a query finds the texts that have its phrases") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  int found = 0;
  int missed = 0;
  for (int number = 0; number < 400; ++number) {
    // Some texts have more words than a vector has positions for one.
    const std::string a = generated(random, random.one_in(10) ? 1500 : 12);
    const std::string b = generated(random, 4);
    const std::vector<std::string> list =
        random.one_in(2) ? std::vector<std::string>{"tag", "running"} : std::vector<std::string>{};
    const Row row({a, b, list.empty() ? "" : R"(["tag","running"])"});
    const Words words = words_of(sql::SearchText(a, b, list));
    for (int query_number = 0; query_number < 50; ++query_number) {
      const std::string query = generated_query(random, a + " " + b + " tag running");
      const auto terms = sql::search_terms(query);
      const bool expected = row.matches(terms.list);
      if (matches(words, search_query(terms)) != expected) {
        FAIL_CHECK("{" << query << "} in {" << a << "}, {" << b << "}: expected " << expected);
      }
      ++(expected ? found : missed);
    }
  }
  MESSAGE(found << " found, " << missed << " not");
  CHECK(found > 2000);
  CHECK(missed > 2000);
}

TEST_CASE("words: a word as written is in the vector too if it is not its term, without a position") {
  CHECK(literal_of(words_of_text("Deciding on it, decided").vector) ==
        "'=decided' '=deciding' 'decid':1,4 'it':3 'on':2");
  CHECK(literal_of(words_of_text("東京 Ωmega").vector) == "'ωmega':3 '京':2 '東京':1");
  // Also if its places are recorded.
  std::string text = "deciding ";
  for (std::size_t number = 0; number < 300; ++number) { text += word_of(number) + " "; }
  const Words words = words_of_text(text + "decided decided");
  CHECK_FALSE(words.list.has_value());
  const Vector vector = parse(literal_of(words.vector));
  CHECK(vector.at("=deciding").empty());
  CHECK(vector.at("=decided").empty());
  CHECK(vector.at("decid") == std::vector<std::size_t>{1, 302, 303});
  // A text cannot make one, nor a word of another analysis or of a tenant.
  for (const auto& entry : parse(literal_of(words_of_text("=decide ~1ualice ~ualice a|b").vector))) {
    CAPTURE(entry.first);
    CHECK((entry.first.front() == '=' ? entry.second.empty() : entry.first.find_first_of("=~|") == std::string::npos));
  }
}

TEST_CASE("words: a term without a word is ignored") {
  CHECK(search_query({{"+++"}}).empty());
  CHECK(search_query({}).empty());
  CHECK(search_query({{"+++", "red", "?!", "Running man"}}) == "red\nrun man");
}

TEST_CASE("words: a query has the words of the former analysis if they are others") {
  CHECK(search_query({{"cafe", "naïve man"}}) == "cafe\nnaiv man");
  CHECK(search_query({{"🍕"}}) == "🍕\f");
  CHECK(search_query({{"京"}}) == "京*\f京");
  CHECK(search_query({{"red", "東京タワー"}}) == "red\n東京 京タ タワ ワー\fred\n東京タワー");
  CHECK(search_query({{"a東京"}}) == "a 東京\fa東京");
  CHECK(search_query({{"Straße"}}) == "strass\fstraß");
  // A line of either part is the same term.
  CHECK(search_query({{"red", "🍕", "+++", "Straße"}}) == "red\n🍕\nstrass\fred\n\nstraß");
}

TEST_CASE("words: the last term is the beginning of a word, as its stem or as written, if it is one word") {
  const auto beginning = [](std::vector<std::string_view> terms) {
    return search_query({std::move(terms), false, true});
  };
  CHECK(beginning({"Decide"}) == "decide*|=decide*|<decide*|>decide*|?decide*\fdecid|decide*");
  CHECK(beginning({"decide", "on"}) == "decid\non*|=on*|<on*|>on*|?on*\fdecid\non|on*");
  CHECK(beginning({"京"}) == "京*|=京*|<京*|>京*|?京*\f京|京*");
  CHECK(beginning({"foo-bar"}) == "foo bar");
  CHECK(beginning({"東京タワー"}) == "東京 京タ タワ ワー\f東京タワー");
  CHECK(beginning({"red", "+++"}) == "red");
  CHECK(beginning({"🍕"}) == "🍕*|=🍕*|<🍕*|>🍕*|?🍕*\f");
  CHECK(beginning({}).empty());
}

TEST_CASE("words: no phrase matches across two texts") {
  const std::vector<std::string> tags{"tag"};
  const Words words = words_of(sql::SearchText("red", "green", tags));
  CHECK(literal_of(words.vector) == "'green':3 'red':1 'tag':5");
  CHECK_FALSE(matches(words, "red green"));
  CHECK(matches(words, "red\ngreen\ntag"));
}

TEST_CASE("words: if positions are not sufficient, the words are stored in order") {
  std::string text;
  SUBCASE("many words") {
    for (std::size_t number = 0; number < 20000; ++number) { text += word_of(number) + " "; }
  }
  SUBCASE("one word many times") {
    for (std::size_t number = 0; number < 300; ++number) { text += "again " + word_of(number) + " "; }
    text += word_of(19998) + " " + word_of(19999);
  }
  const Words words = words_of_text(text);
  REQUIRE(words.list.has_value());
  CHECK(matches(words, word_of(19998) + " " + word_of(19999)));
  CHECK_FALSE(matches(words, word_of(19999) + " " + word_of(19998)));
  CHECK(size_of(parse(literal_of(words.vector))) < largest_tsvector);
}

TEST_CASE("words: a text of any words fits into a tsvector") {
  std::string text;
  bool all = true;
  SUBCASE("digests") {
    for (std::size_t number = 0; text.size() < 1100000; ++number) {
      const std::string seed = std::to_string(number);
      text += heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(seed))) + " ";
    }
  }
  SUBCASE("short words") {
    for (std::size_t number = 0; text.size() < 1100000; ++number) { text += word_of(number) + " "; }
  }
  SUBCASE("letters") {
    while (text.size() < 1100000) { text += "a "; }
  }
  SUBCASE("one word") { text.assign(1100000, 'a'); }
  SUBCASE("words that get longer in lower case") {
    all = false;
    for (std::size_t number = 0; text.size() < 1100000; ++number) {
      for (int repeat = 0; repeat < 60; ++repeat) { text += "Ⱥ"; }
      text += word_of(number) + " ";
    }
  }
  SUBCASE("words that are not their terms") {
    for (std::size_t number = 0; text.size() < 1100000; ++number) { text += word_of(number) + "ing "; }
  }
  SUBCASE("pairs, more than fit") {
    all = false;
    for (std::size_t number = 0; text.size() < 1100000; ++number) {
      for (const std::size_t part : {number / 1000, number % 1000}) {
        text += static_cast<char>(0xE5);
        text += static_cast<char>(0x80 + part / 64);
        text += static_cast<char>(0x80 + part % 64);
      }
      text += ' ';
    }
  }
  const Words words = words_of_text(text);
  CHECK(size_of(parse(literal_of(words.vector))) < largest_tsvector - 100);
  const Row row({text});
  // Before the end of what is searched, and after it.
  std::vector<std::size_t> starts{0, 5000, 500000, 1000100};
  if (!all) { starts.erase(starts.begin() + 2); }
  for (const std::size_t start : starts) {
    const std::size_t from = text.find(' ', start) + 1;
    const std::string word = text.substr(from, std::min(text.find(' ', from) - from, std::size_t{4096}));
    const auto terms = heddle::sql::search_terms(word);
    CAPTURE(start);
    CHECK(matches(words, search_query(terms)) == row.matches(terms.list));
  }
}

TEST_CASE("words: a partial character at the end of what is searched ends the last word") {
  for (const char* character : {"é", "語", "🙂", "𝟘"}) {
    for (std::size_t kept = 1; kept < std::string_view(character).size(); ++kept) {
      const std::string text = std::string(sql::searched_bytes - 4 - kept, ' ') + "last" + character + " more";
      CHECK(literal_of(words_of_text(text).vector) == "'last':1");
    }
  }
}

TEST_CASE("words: threads split texts at the same time, and start and end") {
  std::vector<std::thread> threads;
  std::vector<std::string> queries(8);
  for (std::string& query : queries) {
    threads.emplace_back([&query] {
      for (int round = 0; round < 200; ++round) { query = search_query({{"Running MEN", "Straße"}}); }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (const std::string& query : queries) { CHECK(query == "run men\nstrass\frun men\nstraß"); }
}
