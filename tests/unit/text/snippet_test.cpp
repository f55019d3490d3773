#include "heddle/text/snippet.hpp"
#include "property/generator.hpp"
#include "property/texts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Maker = heddle::text::SnippetMaker<std::string_view>;

/// Returns the snippet of a text for some terms, with the places of words in brackets.
std::string snippet(const std::string& text, const std::vector<std::string_view>& terms, std::size_t longest = 20,
                    bool begins_word = false) {
  Maker maker(longest);
  for (const std::string_view& term : terms) { maker.add(term, begins_word && &term == &terms.back()); }
  const auto found = maker.of(text);
  std::string shown;
  std::size_t at = found.part.begin;
  for (const auto& place : found.places) {
    shown += text.substr(at, place.begin - at) + "[" + text.substr(place.begin, place.end - place.begin) + "]";
    at = place.end;
  }
  return shown + text.substr(at, found.part.end - at);
}

std::size_t points_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; }));
}

}  // namespace

TEST_CASE("a snippet of a short text is the text") {
  CHECK(snippet("", {"word"}).empty());
  CHECK(snippet(" (a word) ", {"words"}) == " (a [word]) ");
  CHECK(snippet("nothing of it ", {"words"}) == "nothing of it ");
  CHECK(snippet("no terms", {}) == "no terms");
  CHECK(snippet("no terms", {"+++"}) == "no terms");
}

TEST_CASE("a snippet is the first part with the most different terms") {
  const std::string filler = " 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 ";
  CHECK(snippet("red red red" + filler + "green" + filler + "green red", {"red", "green"}) ==
        "6 7 8 9 0 [green] [red]");
  CHECK(snippet("red" + filler + "red" + filler, {"red"}) == "[red] 1 2 3 4 5 6 7 8");
  CHECK(snippet(filler + "red" + filler, {"red"}) == "7 8 9 0 [red] 1 2 3 4");
  CHECK(snippet(filler + "a red" + filler + "red a", {"\xff", "red a"}) == "4 5 6 7 8 9 0 [red] [a]");
  // Words that a query says twice are one term.
  CHECK(snippet("green" + filler + "runs ran", {"running", "run", "green"}).starts_with("[green]"));
}

TEST_CASE("a snippet splits no word unless it is longer") {
  CHECK(snippet("word 123456789 123456789", {"word"}) == "[word] 123456789");
  CHECK(snippet("word, 123456789 123456789", {"word"}) == "[word], 123456789");
  CHECK(snippet(std::string(30, 'x') + " y", {"y"}) == "[y]");
  CHECK(snippet("a " + std::string(30, 'x'), {std::string(30, 'x')}) == "[" + std::string(20, 'x') + "]");
  CHECK(snippet(std::string(30, 'x'), {"y"}) == std::string(20, 'x'));
  CHECK(snippet("ünïcödé ünïcödé ünïcödé ", {"unicode"}) == "[ünïcödé] [ünïcödé]");
}

TEST_CASE("a snippet shows phrases, parts of texts without spaces, and beginnings") {
  CHECK(snippet("a Red, Green b", {"red green"}) == "a [Red], [Green] b");
  CHECK(snippet("green red", {"red green"}) == "green red");
  CHECK(snippet("東京都庁", {"東京都"}) == "[東京都]庁");
  CHECK(snippet("東京都庁", {"京"}) == "東[京]都庁");
  CHECK(snippet("東京都庁", {"庁"}) == "東京都[庁]");
  CHECK(snippet("東京都庁", {"東京", "都庁"}) == "[東京][都庁]");
  CHECK(snippet("we decided it", {"we", "dec"}) == "[we] decided it");
  CHECK(snippet("we decided it", {"we", "decide"}, 20, true) == "[we] [decided] it");
  CHECK(snippet("we décided it", {"DÉC"}, 20, true) == "we [décided] it");
  CHECK(snippet("half ½ 👍🏽!", {"1", "👍"}) == "half [½] [👍🏽]!");
}

TEST_CASE("a snippet is the same however long the text around it is") {
  const auto filler = [](int count) {
    std::string text = " ";
    for (; count > 0; --count) { text += "1 2 3 4 5 6 7 8 9 0 "; }
    return text;
  };
  const std::vector<std::pair<std::string, std::vector<std::string_view>>> cases{
      {"Red", {"red"}},
      {"Red green", {"green", "red"}},
      {"Red, green", {"red green"}},
      {"ponies", {"pony"}},
      {"relational", {"relate"}},
      {"usability", {"usable"}},
      {"agreed", {"agree"}},
      {"東京都", {"京"}},
      {"re\u0301d", {"red"}},
      {"Straße", {"STRASSE"}},
      {"ﬁne", {"fine"}},
      {std::string(300, 'x'), {std::string_view()}},
      {"nothing of it", {"red"}},
      {std::string(70, 'y') + "é red", {"red"}}};
  for (const auto& [text, terms] : cases) {
    CAPTURE(text);
    const std::string expected = snippet(filler(1) + text + filler(1), terms);
    CHECK((expected.find('[') != std::string::npos) == (text != "nothing of it" && !terms.front().empty()));
    // What has no word of the query shows its start.
    if (expected.find('[') == std::string::npos) { continue; }
    CHECK(snippet(filler(1000) + text + filler(1), terms) == expected);
    CHECK(snippet(filler(1) + text + filler(1000), terms) == expected);
    CHECK(snippet(filler(1000) + text + filler(1000), terms) == expected);
  }
  CHECK(snippet(filler(1000), {"red"}) == snippet(filler(2), {"red"}));
}

TEST_CASE("a snippet of any text is a part of it, with places in order") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  const std::vector<std::string> pieces{"red", "Green", " ",       " ", ", ",      "東京",
                                        "都",  "é",     "e\u0301", "👍", "running", "½"};
  const auto text = [&](std::size_t most) {
    std::string all;
    for (std::size_t count = random.number(most); count > 0; --count) {
      const std::string nasty = random.one_in(20) ? random.one_of(property::nasty_pieces()) : std::string();
      all += property::is_clean(nasty) ? random.one_of(pieces) + nasty : random.one_of(pieces);
    }
    return all;
  };
  int marked = 0;
  for (int number = 0; number < 20000; ++number) {
    const std::string content = text(60);
    const std::size_t longest = 1 + random.number(40);
    Maker maker(longest);
    for (std::size_t terms = random.number(4); terms > 0; --terms) { maker.add(text(4), random.one_in(3)); }
    const auto found = maker.of(content);
    CAPTURE(content);
    REQUIRE(found.part.begin <= found.part.end);
    REQUIRE(found.part.end <= content.size());
    const std::string part = content.substr(found.part.begin, found.part.end - found.part.begin);
    CHECK(points_of(part) <= longest);
    CHECK(property::is_clean(part));
    CHECK((content.empty() || !part.empty()));
    std::size_t end = found.part.begin;
    for (const auto& place : found.places) {
      CHECK(place.begin >= end);
      CHECK(place.begin < place.end);
      end = place.end;
      ++marked;
    }
    CHECK(end <= found.part.end);
  }
  CHECK(marked > 5000);
}
