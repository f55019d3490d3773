#include "heddle/text/analysis.hpp"

#include "heddle/text/query_words.hpp"
#include "heddle/text/words.hpp"
#include "support/second_analysis.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace heddle;

namespace {

using Words = std::vector<std::string>;

Words words_of(int analysis, const std::string& text) {
  Words words;
  text::for_each_word(analysis, text, [&words](const text::Word& word) { words.emplace_back(word.term); });
  return words;
}

Words query_words_of(int analysis, const std::string& text) {
  Words words;
  text::for_each_query_word(analysis, text, [&words](const text::QueryWord& word) { words.emplace_back(word.term); });
  return words;
}

}  // namespace

TEST_CASE("a program splits by the rules of each version that it has, and makes indexes by the newest") {
  constexpr int first = text::analysis_version;
  constexpr int second = support::SecondAnalysis::version;
  CHECK(text::own_analysis() == first);
  CHECK_FALSE(text::has_rules_of(second));
  CHECK(text::searched_analysis(second) == first);
  {
    const support::SecondAnalysis analysis;
    CHECK(text::own_analysis() == second);
    CHECK(text::has_rules_of(first));
    CHECK(text::searched_analysis(first) == first);
    CHECK(text::searched_analysis(second + 1) == second);
    CHECK(words_of(first, "we decided") == Words{"we", "decid"});
    CHECK(words_of(second, "we decided") == Words{"v2we", "v2deci"});
    CHECK(query_words_of(second, "decision") == Words{"v2deci"});
  }
  CHECK(text::own_analysis() == first);
}
