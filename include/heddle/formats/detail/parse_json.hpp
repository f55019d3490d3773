// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/limits.hpp"
#include "heddle/validation/text.hpp"

#include <rapidjson/error/error.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::formats::detail {

/// What a parser refuses.
struct Rules {
  bool no_duplicates;
  std::size_t depth;
};

/// Of documents. What is kept of one lies a few levels deeper in a message, which has `limits::json_depth` at most.
inline constexpr Rules document_rules{true, limits::json_depth - 8};
/// Of what a message keeps, and of what its program has put beside it.
inline constexpr Rules kept_rules{false, limits::json_depth};

/// Makes a value of a parser's events.
class JsonBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonBuilder> {
 public:
  explicit JsonBuilder(Rules rules) : rules_(rules) {}

  // NOLINTBEGIN(readability-identifier-naming): the names that RapidJSON calls.
  bool Null() { return add({}); }
  bool Bool(bool value) { return add(Json::boolean(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return add(Json::of_kind(Json::Kind::number, std::string(text, size)));
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return is_clean({text, size}) && add(Json::string({text, size}));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    open_.back().names.emplace_back(text, size);
    return is_clean({text, size});
  }
  bool StartObject() { return start(Json::object()); }
  bool StartArray() { return start(Json::array()); }
  bool EndObject(rapidjson::SizeType /*members*/) { return has_no_duplicate() && end(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return end(); }
  // NOLINTEND(readability-identifier-naming)

  /// Returns where the parser is, as a JSON pointer.
  [[nodiscard]] std::string pointer() const {
    std::string text;
    for (const Json& each : open_) {
      if (each.is_array()) {
        text.append("/").append(std::to_string(each.items.size()));
      } else if (each.names.size() > each.items.size()) {
        append_token(text, each.names.back());
      }
    }
    if (duplicate_) { append_token(text, *duplicate_); }
    return text;
  }
  /// Returns why this has stopped the parser; empty if it has not.
  [[nodiscard]] std::string_view problem() const noexcept { return problem_; }
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }
  bool start(Json value) {
    if (open_.size() == rules_.depth) {
      problem_ = "is nested too deeply";
      return false;
    }
    open_.push_back(std::move(value));
    return true;
  }
  bool end() {
    Json value = std::move(open_.back());
    open_.pop_back();
    return add(std::move(value));
  }
  bool is_clean(std::string_view text) {
    if (validation::is_clean_utf8(text)) { return true; }
    problem_ = "has a NUL or half of a surrogate pair: heddle::formats::repair_json replaces them";
    return false;
  }
  bool has_no_duplicate() {
    if (!rules_.no_duplicates) { return true; }
    const Json& object = open_.back();
    const auto order = sorted_members(object);
    for (std::size_t at = 1; at < order.size(); ++at) {
      if (object.names[order[at - 1]] != object.names[order[at]]) { continue; }
      duplicate_ = object.names[order[at]];
      problem_ = "is there more than once";
      return false;
    }
    return true;
  }

  Rules rules_;
  Json root_{};
  std::vector<Json> open_{};
  std::optional<std::string> duplicate_{};
  std::string_view problem_{};
};

/// A parsed text, or why it is none.
struct Parsed {
  std::optional<Json> json{};
  std::string pointer{};
  std::string problem{};
};

[[nodiscard]] inline Parsed parse(std::string_view text, Rules rules) {
  // Iterative: nesting needs no stack. Numbers are not converted.
  constexpr unsigned flags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  JsonBuilder builder(rules);
  const auto result = reader.Parse<flags>(stream, builder);
  if (!result.IsError() && stream.Tell() == text.size()) { return {builder.take(), {}, {}}; }
  std::string problem(builder.problem());
  if (problem.empty()) {
    const std::size_t offset = result.IsError() ? result.Offset() : stream.Tell();
    const bool too_big = result.Code() == rapidjson::kParseErrorNumberTooBig;
    const bool surrogate = result.Code() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
    const bool encoding = result.Code() == rapidjson::kParseErrorStringInvalidEncoding;
    problem = too_big     ? "has a number that no double holds, at byte "
              : surrogate ? "has half of a surrogate pair, which heddle::formats::repair_json replaces, at byte "
              : encoding  ? "is not UTF-8, which heddle::formats::repair_json makes it, at byte "
                          : "is not valid JSON at byte ";
    problem += std::to_string(offset);
  }
  return {std::nullopt, builder.pointer(), std::move(problem)};
}

/// Returns the value of a document. Throws `invalid_argument` with a JSON pointer if it is not JSON, has a member
/// twice, or could not be stored.
[[nodiscard]] inline Json parse_document(std::string_view text) {
  Parsed parsed = parse(text, document_rules);
  if (!parsed.json) { refuse(parsed.pointer, parsed.problem); }
  return *std::move(parsed.json);
}

/// Returns the object in a text; nothing if it is none.
[[nodiscard]] inline std::optional<Json> parse_object(std::string_view text, Rules rules = document_rules) {
  Parsed parsed = parse(text, rules);
  if (!parsed.json || !parsed.json->is_object()) { return std::nullopt; }
  return std::move(parsed.json);
}

}  // namespace heddle::formats::detail
