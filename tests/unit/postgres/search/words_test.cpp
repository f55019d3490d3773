#include "heddle/postgres/search/words.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/postgres/search/search_query.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/sqlite/search/fts5_query.hpp"
#include "property/generator.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace heddle;

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

bool has_in_order(const Vector& vector, const std::vector<std::string>& phrase) {
  const auto& starts = vector.at(phrase.front());
  return std::any_of(starts.begin(), starts.end(), [&](std::size_t start) {
    for (std::size_t index = 1; index < phrase.size(); ++index) {
      const auto& positions = vector.at(phrase[index]);
      if (std::find(positions.begin(), positions.end(), start + index) == positions.end()) { return false; }
    }
    return true;
  });
}

/// Returns whether a query matches the words of a row, by the rules of the database's search functions.
bool matches(const heddle::postgres::search::Words& words, const std::string& query) {
  const Vector vector = parse(words.vector);
  const auto terms = split(query, '\n');
  return !terms.empty() && std::all_of(terms.begin(), terms.end(), [&](const std::string& term) {
    const auto phrase = split(term, ' ');
    for (const std::string& word : phrase) {
      if (vector.count(word) == 0) { return false; }
    }
    if (phrase.size() == 1) { return true; }
    return words.list ? words.list->find(" " + term + " ") != std::string::npos : has_in_order(vector, phrase);
  });
}

/// SQLite's full-text search over one row of two columns and a list.
class Fts5 {
 public:
  Fts5() { database_.exec("CREATE VIRTUAL TABLE texts USING fts5 (a, b, c, tokenize = 'porter unicode61')"); }

  void store(const std::string& a, const std::string& b = {}, const std::string& c = {}) {
    database_.exec("DELETE FROM texts");
    SQLite::Statement insert(database_,
                             "INSERT INTO texts VALUES (CAST(substr(CAST(?1 AS BLOB), 1, 1000000) AS TEXT), ?2, ?3)");
    insert.bindNoCopy(1, a);
    insert.bindNoCopy(2, b);
    insert.bindNoCopy(3, c);
    insert.exec();
  }
  bool matches(const std::string& query) {
    SQLite::Statement select(database_, "SELECT count(*) FROM texts WHERE texts MATCH ?1");
    select.bindNoCopy(1, query);
    select.executeStep();
    return select.getColumn(0).getInt() != 0;
  }

 private:
  SQLite::Database database_{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

/// Texts that may be a word for one and none for the other: cases, accents, stems, digits, scripts, marks, symbols; a
/// character that gets longer in lower case; one whose bytes the stemmer takes for doubled letters.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all{
      "run",  "Running", "RUNS",  "ran",      "hopping", "hop",       "agreed",    "C++",    "x-ray",  "user's",
      "café", "CAFE",    "naïve", "Ⱥbc",      "ⱥbc",     "İstanbul",  "straße",    "ﬁne",    "日本語", "日本",
      "🙂", "١٢٣",     "3.14",  "e\u0301t", "\u0301",  "\u0924ing", "a\u0924ed", "_a_",    "|",      "~u",
      "'",    "\\",      "*",     "AND",      "NEAR(a)", "a:b",       "^a",        "\u200b", "\u00a0", "\ue000x",
      "ﷺ",    "Ω",       "ω",     "ς",        "Σίσυφος", "ΣΊΣΥΦΟΣ",   "ё",         "е",      "đ",      "ı"};
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
    const bool fits = word.size() <= heddle::postgres::search::word::longest && positions.size() <= 255 &&
                      heddle::validation::is_clean_utf8(word);
    if (!fits) { FAIL_CHECK("the database would refuse {" << word << "}"); }
    size += word.size() + (positions.empty() ? 0 : 3 + 2 * positions.size());
  }
  return size;
}
constexpr std::size_t largest_tsvector = (1U << 20U) - 1;

}  // namespace

TEST_CASE("words: the same queries find the same texts as SQLite's full-text search") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Fts5 fts5;
  int found = 0;
  int missed = 0;
  for (int number = 0; number < 400; ++number) {
    const std::string a = generated(random, 12);
    const std::string b = generated(random, 4);
    const std::vector<std::string> list =
        random.one_in(2) ? std::vector<std::string>{"tag", "running"} : std::vector<std::string>{};
    fts5.store(a, b, list.empty() ? "" : R"(["tag","running"])");
    const heddle::postgres::search::Words words =
        heddle::postgres::search::words_of(heddle::sql::SearchText(a, b, list));
    CHECK_FALSE(words.list.has_value());
    for (int query_number = 0; query_number < 50; ++query_number) {
      const std::string query = generated_query(random, a + " " + b + " tag running");
      const auto terms = heddle::sql::search_terms(query);
      const bool expected = fts5.matches(heddle::sqlite::search::fts5_query(terms));
      if (matches(words, heddle::postgres::search::search_query(terms)) != expected) {
        FAIL_CHECK("{" << query << "} in {" << a << "}, {" << b << "}: SQLite says " << expected);
      }
      ++(expected ? found : missed);
    }
  }
  MESSAGE(found << " found, " << missed << " not");
  CHECK(found > 2000);
  CHECK(missed > 2000);
}

TEST_CASE("words: a term without a word is ignored") {
  Fts5 fts5;
  fts5.store("red green blue");
  const heddle::postgres::search::Words words =
      heddle::postgres::search::words_of(heddle::sql::SearchText("red green blue"));
  for (const char* query :
       {"+++", "", "\"\"", "red +++", "+++ red", "+++ ?! red", "red ?! green", "?! +++ red ?! blue +++", "?! none",
        "none ?!", "\"red ?! green\"", "\"+ red green +\" !", "\"red blue\" !"}) {
    const auto terms = heddle::sql::search_terms(query);
    CAPTURE(query);
    CHECK(matches(words, heddle::postgres::search::search_query(terms)) ==
          fts5.matches(heddle::sqlite::search::fts5_query(terms)));
  }
  CHECK(heddle::postgres::search::search_query({"+++"}).empty());
  CHECK(heddle::postgres::search::search_query({"+++", "red", "Running man"}) == "red\nrun man");
}

TEST_CASE("words: no phrase matches across two texts") {
  const std::vector<std::string> tags{"tag"};
  const heddle::postgres::search::Words words =
      heddle::postgres::search::words_of(heddle::sql::SearchText("red", "green", tags));
  CHECK(words.vector == "'red':1 'green':3 'tag':5");
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
  const heddle::postgres::search::Words words = heddle::postgres::search::words_of(heddle::sql::SearchText(text));
  REQUIRE(words.list.has_value());
  CHECK(matches(words, word_of(19998) + " " + word_of(19999)));
  CHECK_FALSE(matches(words, word_of(19999) + " " + word_of(19998)));
  CHECK(size_of(parse(words.vector)) < largest_tsvector);
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
  SUBCASE("words that the stemmer breaks") {
    all = false;
    for (std::size_t number = 0; text.size() < 1100000; ++number) { text += word_of(number) + "\u0924ing "; }
  }
  const heddle::postgres::search::Words words = heddle::postgres::search::words_of(heddle::sql::SearchText(text));
  CHECK(size_of(parse(words.vector)) < largest_tsvector - 100);
  Fts5 fts5;
  fts5.store(text);
  // Before the end of what is searched, and after it.
  std::vector<std::size_t> starts{0, 5000, 500000, 1000100};
  if (!all) { starts.erase(starts.begin() + 2); }
  for (const std::size_t start : starts) {
    const std::size_t from = text.find(' ', start) + 1;
    const std::string word = text.substr(from, std::min(text.find(' ', from) - from, std::size_t{4096}));
    const auto terms = heddle::sql::search_terms(word);
    CAPTURE(start);
    CHECK(matches(words, heddle::postgres::search::search_query(terms)) ==
          fts5.matches(heddle::sqlite::search::fts5_query(terms)));
  }
}

TEST_CASE("words: a partial character at the end of what is searched is the same on both") {
  for (const char* character : {"é", "語", "🙂", "𝟘"}) {
    for (std::size_t kept = 1; kept < std::string_view(character).size(); ++kept) {
      const std::string text = std::string(heddle::sql::searched_bytes - 4 - kept, ' ') + "last" + character + " more";
      Fts5 fts5;
      fts5.store(text);
      const auto vector = parse(heddle::postgres::search::words_of(heddle::sql::SearchText(text)).vector);
      REQUIRE(vector.size() == 1);
      const std::string word = vector.begin()->first;
      CHECK(fts5.matches(heddle::sqlite::search::fts5_query({word})));
      CHECK_FALSE(fts5.matches(heddle::sqlite::search::fts5_query({"more"})));
    }
  }
}

TEST_CASE("words: threads split texts at the same time, and start and end") {
  std::vector<std::thread> threads;
  std::vector<std::string> queries(8);
  for (std::string& query : queries) {
    threads.emplace_back([&query] {
      for (int round = 0; round < 200; ++round) {
        query = heddle::postgres::search::search_query({"Running MEN", "café"});
      }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  for (const std::string& query : queries) { CHECK(query == "run men\ncafe"); }
}
