#include "canonical.hpp"
#include "cases.hpp"

#include <heddle/error.hpp>
#include <heddle/formats/detail/json.hpp>
#include <heddle/formats/detail/parse_json.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

using heddle::formats::detail::Json;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t count) { return random() % count; }

Json random_value(Random& random, int depth) {
  static const std::vector<std::string> texts{"",       "text", "\xE2\x82\xAC", R"("quoted" \)",
                                              "\n\x01", "null", "{\"a\":1}",    "user"};
  static const std::vector<std::string> numbers{"0", "-0", "1.0", "12345678901234567890", "1e2", "-1.50E-3", "7"};
  Json value;
  switch (below(random, depth > 0 ? 7 : 4)) {
    case 0: return value;
    case 1: return Json::boolean(below(random, 2) == 0);
    case 2: return Json::of_kind(Json::Kind::number, numbers[below(random, numbers.size())]);
    case 3: return Json::string(texts[below(random, texts.size())]);
    case 4: value = Json::array(); break;
    default: value = Json::object();
  }
  static const std::vector<std::string> names{"a",     "",   "type",  "text",    "$absent",
                                              "$list", "$$", "x/y~z", "content", "id"};
  for (std::size_t count = below(random, 4); count > 0; --count) {
    if (value.is_array()) {
      value.push(random_value(random, depth - 1));
    } else {
      value.set(names[below(random, names.size())], random_value(random, depth - 1));
    }
  }
  return value;
}

void collect(Json& json, std::vector<Json*>& all) {
  all.push_back(&json);
  for (Json& item : json.items) { collect(item, all); }
}

/// Adds members that no API has to objects at every level.
void add_unknown_members(Random& random, Json& document) {
  static const std::vector<std::string> names{"of_tomorrow", "$absent", "$list",   "$item",    "$in",
                                              "$$absent",    "$",       "x/y~z",   "\xC3\xA9", "$string",
                                              "$system",     "$none",   "$custom", "$is_error"};
  std::vector<Json*> all;
  collect(document, all);
  std::erase_if(all, [](const Json* json) { return !json->is_object(); });
  // From the inside, so that no pointer is to a value that has moved.
  std::reverse(all.begin(), all.end());
  for (Json* object : all) {
    if (below(random, 3) == 0) { object->set(names[below(random, names.size())], random_value(random, 3)); }
  }
}

/// Changes one thing at a random place: a value becomes another one, a member or element goes away or comes twice.
void mutate(Random& random, Json& document) {
  std::vector<Json*> all;
  collect(document, all);
  Json& chosen = *all[below(random, all.size())];
  const std::size_t kind = below(random, 4);
  if (kind == 0 || chosen.items.empty()) {
    chosen = random_value(random, 2);
  } else {
    const auto at = static_cast<std::ptrdiff_t>(below(random, chosen.items.size()));
    if (kind == 1) {
      chosen.items[static_cast<std::size_t>(at)] = Json();
    } else if (kind == 2 || chosen.is_object()) {
      chosen.items.erase(chosen.items.begin() + at);
      if (chosen.is_object()) { chosen.names.erase(chosen.names.begin() + at); }
    } else {
      chosen.push(Json(chosen.items[static_cast<std::size_t>(at)]));
    }
  }
}

}  // namespace

TEST_CASE("unknown members at every level survive") {
  Random random(20251);
  for (const Format& format : all_formats()) {
    for (const Case& each : cases_of(format)) {
      if (each.what == ".stream") { continue; }
      const Json document = heddle::formats::detail::parse_document(each.text);
      for (int round = 0; round < 20; ++round) {
        Json changed = document;
        add_unknown_members(random, changed);
        const std::string text = print(changed);
        CAPTURE(each.name);
        CAPTURE(text);
        REQUIRE(canonical(pass_through(format, each.what, text)) == canonical(text));
      }
    }
  }
}

TEST_CASE("a damaged document is the same after reading and writing, or is refused with its place") {
  Random random(20252);
  int refused = 0;
  int read = 0;
  for (const Format& format : all_formats()) {
    for (const Case& each : cases_of(format)) {
      if (each.what == ".stream") { continue; }
      const Json document = heddle::formats::detail::parse_document(each.text);
      for (int round = 0; round < 80; ++round) {
        Json changed = document;
        for (std::size_t count = 1 + below(random, 3); count > 0; --count) { mutate(random, changed); }
        const std::string text = print(changed);
        CAPTURE(each.name);
        CAPTURE(text);
        try {
          const std::string written = pass_through(format, each.what, text);
          REQUIRE(canonical(written) == canonical(text));
          ++read;
        } catch (const heddle::Error& error) {
          REQUIRE(error.code() == heddle::ErrorCode::invalid_argument);
          REQUIRE(std::string(error.what()).starts_with("the JSON at \""));
          ++refused;
        }
      }
    }
  }
  CHECK(read > 1000);
  CHECK(refused > 1000);
}

namespace {

template <class Assembler>
void check_damaged_streams(Random& random, const Format& format) {
  for (const Case& each : cases_of(format)) {
    if (each.what != ".stream") { continue; }
    for (int round = 0; round < 100; ++round) {
      Assembler assembler;
      std::string events;
      for (std::size_t at = 0; at < each.text.size();) {
        const std::size_t end = each.text.find('\n', at);
        std::string event = each.text.substr(at, end - at);
        at = end + 1;
        if (event.front() == '{' && below(random, 4) == 0) {
          Json changed = heddle::formats::detail::parse_document(event);
          mutate(random, changed);
          event = print(changed);
        }
        if (below(random, 10) == 0) { continue; }
        events += event + '\n';
        CAPTURE(events);
        // Whatever arrives: an event is refused with its place, or makes a document that reads and writes the same.
        try {
          assembler.add(event);
          const heddle::Message message = assembler.message();
          const std::string written = format.write_response(message);
          const std::string expected = assembler.response();
          REQUIRE(canonical(written) == canonical(expected));
        } catch (const heddle::Error& error) {
          REQUIRE(error.code() == heddle::ErrorCode::invalid_argument);
          REQUIRE(std::string(error.what()).starts_with("the JSON at \""));
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("damaged events of a stream are refused with their place, or make a document") {
  Random random(20253);
  check_damaged_streams<heddle::formats::anthropic::StreamAssembler>(random, all_formats()[0]);
  check_damaged_streams<heddle::formats::openai_chat::StreamAssembler>(random, all_formats()[1]);
  check_damaged_streams<heddle::formats::openai_responses::StreamAssembler>(random, all_formats()[2]);
  check_damaged_streams<heddle::formats::gemini::StreamAssembler>(random, all_formats()[3]);
}
