#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/postgres/search/search_query.hpp"
#include "heddle/postgres/search/words.hpp"
#include "vector_literal.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace heddle;
using postgres::search::search_query;
using postgres::search::Words;
using postgres::search::words_of;

namespace {

/// A message with a word of one stem in each place.
Message of_four() {
  Message message;
  message.parts = {Part::of_text("deciding"), Part::of_thinking("decided on red"),
                   Part::of_tool_call({.name = "decide", .input = "{}"}),
                   Part::of_tool_result("", {.data = "\"decides\""})};
  return message;
}

std::string other_words(std::size_t count) {
  std::string text;
  for (std::size_t number = 0; number < count; ++number) { text += std::to_string(number) + " "; }
  return text;
}

}  // namespace

TEST_CASE("words: the places of a message are weights, and marks before words as written") {
  Message message = of_four();
  CHECK(literal_of(words_of(sql::SearchText(message, 0)).vector) ==
        "'<decided' '=deciding' '>decide' '?decides' 'decid':1,3C,7B,9A 'on':4C 'red':5C");
  message.parts[1].text += " " + other_words(300);
  const Words words = words_of(sql::SearchText(message, 0));
  CHECK_FALSE(words.list.has_value());
  for (const char* const entry :
       {"'decid':1,3C,307B,309A ", "'=deciding' ", "'<decided' ", "'>decide' ", "'?decides' "}) {
    CAPTURE(entry);
    CHECK((" " + literal_of(words.vector) + " ").find(std::string(" ") + entry) != std::string::npos);
  }
}

TEST_CASE("words: if the vector lacks a position, the words of each place are stored in order") {
  Message message = of_four();
  for (std::size_t number = 0; number < 300; ++number) { message.parts[0].text += " again"; }
  message.parts[1].text.clear();
  const Words words = words_of(sql::SearchText(message, 0));
  REQUIRE(words.list.has_value());
  CHECK(words.list->starts_with(" decid again again "));
  CHECK(words.list->ends_with(" again | | decid | decid "));
}

TEST_CASE("words: a query says in which places it looks, if not in all") {
  const auto query = [](std::int64_t places, bool begins_word) {
    return search_query({{"red", "decide"}, false, begins_word, places});
  };
  CHECK(query(15, false) == "red\ndecid");
  CHECK(query(2, false) == "red\ndecid\fred\ndecid\f2");
  CHECK(query(9, true) == "red\ndecide*|=decide*|<decide*|>decide*|?decide*\fred\ndecid|decide*\f9");
}
