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
  for (const auto& each : cases) {
    const std::string& text = each.first;
    const std::vector<std::string_view>& terms = each.second;
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

TEST_CASE("a snippet is that of a reading of the whole text") {
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  const std::vector<std::string> wanted{"red", "Reds", "green", "running", "ran",    "東京",
                                        "都",  "é",    "½",     "👍",       "useable"};
  const std::vector<std::string> others{"blue", "read",    "gree",   "run-ups", "1",  "x9",
                                        "京都", "e\u0301", "\u0301", "ß",       "yet"};
  const std::vector<std::string> between{" ", " ", " ", " ", "  ", ", ", "-", ".", "\n", "", "_"};
  // More words than of which the first possible one is looked for; as they are never found, the whole text is read.
  std::vector<std::string> absent;
  for (int number = 0; number < 20; ++number) { absent.push_back("zz" + std::to_string(number)); }
  int with_terms = 0;
  int late = 0;
  for (int number = 0; number < 4000; ++number) {
    // Parts of a text have the words of the query with different frequencies, most of them none.
    std::string text;
    for (std::size_t part = 1 + random.number(6); part > 0; --part) {
      const std::size_t rarity = random.one_in(3) ? 1 + random.number(20) : 100000;
      for (std::size_t count = random.number(150); count > 0; --count) {
        text += random.one_in(rarity) ? random.one_of(wanted) : random.one_of(others);
        text += random.one_of(between);
      }
    }
    const std::size_t longest = 1 + random.number(60);
    Maker maker(longest);
    Maker whole(longest);
    for (std::size_t terms = 1 + random.number(4); terms > 0; --terms) {
      std::string term = random.one_of(wanted);
      if (random.one_in(4)) { term += " " + random.one_of(random.one_in(2) ? wanted : others); }
      const bool begins_word = random.one_in(4);
      maker.add(term, begins_word);
      whole.add(term, begins_word);
    }
    for (const std::string& word : absent) { whole.add(word, false); }
    const auto found = maker.of(text);
    const auto expected = whole.of(text);
    CAPTURE(text);
    CAPTURE(longest);
    CHECK(found.terms == expected.terms);
    CHECK(found.part.begin == expected.part.begin);
    CHECK(found.part.end == expected.part.end);
    REQUIRE(found.places.size() == expected.places.size());
    for (std::size_t place = 0; place < found.places.size(); ++place) {
      CHECK(found.places[place].begin == expected.places[place].begin);
      CHECK(found.places[place].end == expected.places[place].end);
    }
    with_terms += found.terms > 0 ? 1 : 0;
    late += found.terms > 0 && found.part.begin > 500 ? 1 : 0;
  }
  CHECK(with_terms > 1000);
  CHECK(late > 100);
}
