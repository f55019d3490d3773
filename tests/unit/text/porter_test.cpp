#include "heddle/text/porter.hpp"
#include "unit/text/analysis.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// Returns the words that FTS5 makes of texts by `porter unicode61`, in order.
std::vector<std::string> fts5_words(const std::vector<std::string>& texts) {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='porter unicode61')");
  database.exec("CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance)");
  SQLite::Transaction transaction(database);
  SQLite::Statement insert(database, "INSERT INTO texts (rowid, text) VALUES (?, ?)");
  for (std::size_t at = 0; at < texts.size(); ++at) {
    insert.bind(1, static_cast<std::int64_t>(at));
    insert.bind(2, texts[at]);
    insert.exec();
    insert.reset();
  }
  transaction.commit();
  std::vector<std::string> words;
  SQLite::Statement read(database, "SELECT term FROM words ORDER BY doc, \"offset\"");
  while (read.executeStep()) { words.push_back(read.getColumn(0).getString()); }
  return words;
}

/// Compares the terms of texts with FTS5's words, one by one; returns how many there are.
std::size_t compare(const std::vector<std::string>& texts) {
  const std::vector<std::string> expected = fts5_words(texts);
  std::size_t at = 0;
  int shown = 0;
  for (const std::string& text : texts) {
    heddle::text::for_each_word(text, [&](const heddle::text::Word& word) {
      REQUIRE(at < expected.size());
      if (word.term != expected[at] && ++shown <= 10) {
        FAIL_CHECK(std::string(word.folded) << " is " << std::string(word.term) << ", FTS5 says " << expected[at]);
      }
      ++at;
    });
  }
  CHECK(at == expected.size());
  return at;
}

/// Puts words into texts of a thousand.
class Texts {
 public:
  void add(std::string_view word) {
    if (count_++ % 1000 == 0) { texts_.emplace_back(); }
    (texts_.back() += word) += ' ';
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::size_t count_ = 0;
};

const std::vector<std::string_view> suffixes{
    "",      "s",       "es",     "ies",   "sses",  "eed",     "ed",      "ing",     "at",    "bl",    "iz",
    "y",     "ational", "tional", "enci",  "anci",  "izer",    "logi",    "bli",     "alli",  "entli", "eli",
    "ousli", "ization", "ation",  "ator",  "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti",
    "icate", "ative",   "alize",  "iciti", "ical",  "ful",     "ness",    "al",      "ance",  "ence",  "er",
    "ic",    "able",    "ible",   "ant",   "ement", "ment",    "ent",     "ion",     "sion",  "tion",  "ou",
    "ism",   "ate",     "iti",    "ous",   "ive",   "ize",     "e",       "ll",      "lle",   "ly",    "abli"};

}  // namespace

TEST_CASE("text: stems are those of FTS5, for all short words") {
  constexpr std::string_view letters = "aeiouylstdbxzwng7";
  Texts texts;
  for (const char a : letters) {
    for (const char b : letters) {
      texts.add(std::string{a, b});
      for (const char c : letters) {
        texts.add(std::string{a, b, c});
        for (const char d : letters) { texts.add(std::string{a, b, c, d}); }
      }
    }
  }
  CHECK(compare(texts.all()) == 289 + 4913 + 83521);
}

TEST_CASE("text: stems are those of FTS5, for stems with one or two suffixes") {
  const std::vector<std::string_view> stems{"",        "a",     "y",   "t",       "tr",    "ab",     "cat",  "sky",
                                            "plann",   "hopp",  "fil", "hop",     "relat", "condit", "rest", "yoyo",
                                            "control", "ffall", "aeo", "trouble", "x1",    "ssi"};
  Texts texts;
  for (const std::string_view stem : stems) {
    for (const std::string_view first : suffixes) {
      for (const std::string_view second : suffixes) { texts.add(std::string(stem).append(first).append(second)); }
    }
  }
  CHECK(compare(texts.all()) > 90000);
}

TEST_CASE("text: stems are those of FTS5, for random words of all lengths") {
  std::mt19937 random(20240607U);
  const auto number = [&random](std::size_t below) { return random() % below; };
  constexpr std::string_view letters = "aeiouyaeiouyAEIOUYbcdfghjklmnpqrstvwxzstlnSTLN0129";
  Texts texts;
  for (int count = 0; count < 60000; ++count) {
    std::string word;
    for (std::size_t size = 1 + number(number(20) == 0 ? 70 : 9); size > 0; --size) {
      word += letters[number(letters.size())];
    }
    word += suffixes[number(suffixes.size())];
    texts.add(word);
  }
  CHECK(compare(texts.all()) == 60000);
}

TEST_CASE("text: stems are those of FTS5, for the lines of transcripts") {
  std::vector<std::string> texts;
  for (const auto& file : std::filesystem::recursive_directory_iterator(TRANSCRIPTS)) {
    if (!file.is_regular_file()) { continue; }
    std::ifstream stream(file.path(), std::ios::binary);
    for (std::string line; std::getline(stream, line);) {
      // What is not ASCII is split and folded by other rules than FTS5's.
      for (char& c : line) {
        if (static_cast<unsigned char>(c) >= 0x80) { c = ' '; }
      }
      texts.push_back(line);
    }
  }
  CHECK(compare(texts) > 1000);
}
