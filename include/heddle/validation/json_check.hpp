// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/validation/text.hpp"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::validation {

/// A handler of a parser's events. Stops the parser at what not every backend can store: strings with NUL or half of a
/// surrogate pair, and nesting that is too deep for other parsers.
class JsonWatcher : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonWatcher> {
 public:
  bool Default() { return true; }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) { return is_clean_utf8({text, size}); }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) { return String(text, size, copy); }
  bool StartObject() { return ++depth_ <= limits::json_depth; }
  bool StartArray() { return ++depth_ <= limits::json_depth; }
  bool EndObject(rapidjson::SizeType /*members*/) { return --depth_, true; }
  bool EndArray(rapidjson::SizeType /*elements*/) { return --depth_, true; }

 private:
  std::size_t depth_ = 0;
};

/// Returns the offset of the first byte that keeps the text from being one JSON value (RFC 8259) that can be stored and
/// read back on every backend; npos if it is such a value.
[[nodiscard]] inline std::size_t find_json_error(const std::string& text) {
  // The parser would read behind a text that ends within a character, and takes longer to look at each of them.
  if (const std::size_t unclean = find_unclean(text); unclean != std::string::npos) {
    return std::min(unclean, find_json_error(text.substr(0, unclean)));
  }
  // Numbers are not converted: their digits are stored as they are. Iterative: nesting needs no stack.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::StringStream stream(text.c_str());
  rapidjson::Reader reader;
  JsonWatcher watcher;
  if (const auto result = reader.Parse<flags>(stream, watcher); result.IsError()) { return result.Offset(); }
  return stream.Tell() == text.size() ? std::string::npos : stream.Tell();
}

/// Returns whether the text is one JSON value that can be stored and read back on every backend.
[[nodiscard]] inline bool is_json(const std::string& text) {
  // The empty object is the most frequent value by far.
  return text == "{}" || find_json_error(text) == std::string::npos;
}

/// Throws `invalid_argument` with the path and the offset if the text is not a JSON object.
inline void check_json_object(const FieldPath& field, const std::string& text) {
  check_text(field, text, limits::text);
  if (text == "{}") { return; }
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos || text[start] != '{') { refuse(field, "is not a JSON object"); }
  if (const std::size_t offset = find_json_error(text); offset != std::string::npos) {
    refuse(field,
           "is not valid JSON at byte " + std::to_string(offset) +
               ", or is nested too deeply there, or has a NUL, a lone surrogate or a number that no double holds");
  }
}

}  // namespace heddle::validation
