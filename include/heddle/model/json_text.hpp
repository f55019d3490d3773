#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heddle {

/// A name and a value in braces, as other libraries write JSON. Only the constructors that refuse it take it.
struct JsonMember {
  /// Takes a name and a value in braces.
  template <class Name, class Value>
  JsonMember(const Name& /*name*/, const Value& /*value*/) noexcept {}
};

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
  /// Makes a value of its text, which is not checked before it is written. A template so that braces, as in
  /// `{{"city", "Paris"}}`, are not taken for the two ends of a text.
  template <std::convertible_to<std::string> Text>
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload): no text is a JsonValue
  JsonValue(Text&& value) : text(std::forward<Text>(value)) {}
  /// For names and values in braces: a use does not compile and the error says what to write.
  template <class Unused = void>
  JsonValue(std::initializer_list<JsonMember> /*members*/) {
    static_assert(!std::is_void_v<Unused>, "heddle: JSON is given as text: R\"({\"city\": \"Paris\"})\"");
  }

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
  /// Makes an object of its text, which is not checked before it is written. A template so that braces, as in
  /// `{{"city", "Paris"}}`, are not taken for the two ends of a text.
  template <std::convertible_to<std::string> Text>
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload): no text is a JsonObject
  JsonObject(Text&& value) : text(std::forward<Text>(value)) {}
  /// For names and values in braces: a use does not compile and the error says what to write.
  template <class Unused = void>
  JsonObject(std::initializer_list<JsonMember> /*members*/) {
    static_assert(!std::is_void_v<Unused>, "heddle: JSON is given as text: R\"({\"city\": \"Paris\"})\"");
  }

  friend bool operator==(const JsonObject&, const JsonObject&) = default;
};

}  // namespace heddle
