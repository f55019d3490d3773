#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// A JSON value as text, from a model, a provider or a tool: the arguments of a call, the data of a result. It is
/// stored and returned byte for byte. Text that is not JSON, such as arguments that were cut off, is kept as it is and
/// marked. Writes throw `invalid_argument` only for text that is not UTF-8 without NUL; `repair_text` makes it that.
struct JsonValue {
  std::string text = "null";
  /// Filled in when read, ignored in a write. False if the text is not JSON (RFC 8259), or is JSON that other parsers
  /// refuse: with `\u0000`, a lone surrogate, a number out of the range of a double, or more than `limits::json_depth`
  /// levels.
  bool is_json = true;

  /// Makes the value null.
  JsonValue() = default;
  /// Makes a value of its text, which is not checked before it is written.
  JsonValue(std::string value) : text(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  /// The same.
  JsonValue(const char* value) : text(value) {}  // NOLINT(google-explicit-constructor)

  /// True for the same text.
  friend bool operator==(const JsonValue& a, const JsonValue& b) { return a.text == b.text; }
};

/// Returns the arguments of a call: its input, or `{}` if that is empty, as some models write a call without arguments.
[[nodiscard]] inline std::string_view arguments_of(const JsonValue& input) noexcept {
  return input.text.empty() ? std::string_view("{}") : std::string_view(input.text);
}

/// A JSON object as text that your program makes: contexts, metadata. It is stored and returned byte for byte. Writes
/// throw `invalid_argument` for text that is not a JSON object, or that other parsers refuse; see JsonValue::is_json.
struct JsonObject {
  std::string text = "{}";

  /// Makes an empty object.
  JsonObject() = default;
  /// Makes an object of its text, which is not checked before it is written.
  JsonObject(std::string value) : text(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  /// The same.
  JsonObject(const char* value) : text(value) {}  // NOLINT(google-explicit-constructor)

  friend bool operator==(const JsonObject&, const JsonObject&) = default;
};

}  // namespace heddle
