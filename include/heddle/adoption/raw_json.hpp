// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/transfer/line_fields.hpp"
#include "heddle/validation/json_check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

/// Values of JSON as they stand in a text, so that numbers and the order of members stay.
namespace heddle::adoption {

/// Takes one value, without the space before it. Precondition: the text is valid JSON from here on.
[[nodiscard]] inline std::string_view take_json(std::string_view& rest) {
  constexpr std::string_view space = " \t\r\n";
  rest.remove_prefix(std::min(rest.find_first_not_of(space), rest.size()));
  std::size_t end = 0;
  std::size_t depth = 0;
  do {
    const char first = rest[end];
    if (first == '"') {
      for (++end; rest[end] != '"'; ++end) {
        if (rest[end] == '\\') { ++end; }
      }
      ++end;
    } else if (first == '{' || first == '[') {
      ++depth;
      ++end;
    } else if (first == '}' || first == ']') {
      --depth;
      ++end;
    } else if (depth > 0) {
      ++end;
    } else {
      end = std::min(rest.find_first_of(",:}] \t\r\n"), rest.size());
    }
  } while (depth > 0);
  const std::string_view value = rest.substr(0, end);
  rest.remove_prefix(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(space), rest.size()));
  return value;
}

/// Returns the text of a string; empty for another value.
[[nodiscard]] inline std::string json_text(std::string_view value) {
  std::string text;
  if (value.starts_with('"')) { transfer::append_unescaped(text, value.substr(1, value.size() - 2)); }
  return text;
}

/// Calls `visit(value)` for each element of a list. Precondition: it is a valid one.
template <class Visit>
void for_each_element(std::string_view list, Visit&& visit) {
  list.remove_prefix(1);
  list.remove_prefix(std::min(list.find_first_not_of(" \t\r\n"), list.size()));
  while (!list.starts_with(']')) {
    visit(take_json(list));
    if (list.starts_with(',')) { list.remove_prefix(1); }
  }
}

/// Calls `visit(name, value)` for each member of an object. Precondition: it is a valid one.
template <class Visit>
void for_each_field(std::string_view object, Visit&& visit) {
  object.remove_prefix(1);
  object.remove_prefix(std::min(object.find_first_not_of(" \t\r\n"), object.size()));
  while (!object.starts_with('}')) {
    const std::string name = json_text(take_json(object));
    object.remove_prefix(1);  // the colon
    visit(std::string_view(name), take_json(object));
    if (object.starts_with(',')) { object.remove_prefix(1); }
    object.remove_prefix(std::min(object.find_first_not_of(" \t\r\n"), object.size()));
  }
}

/// Puts U+FFFD in the place of each `\u0000`, which no backend of Heddle stores. Returns whether there was one.
inline bool replace_escaped_nul(std::string& json) {
  bool found = false;
  for (std::size_t at = 0; at + 1 < json.size(); ++at) {
    if (json[at] != '\\') { continue; }
    if (json.compare(at, 6, "\\u0000") == 0) {
      json.replace(at, 6, "\\ufffd");
      found = true;
    }
    ++at;
  }
  return found;
}

}  // namespace heddle::adoption
