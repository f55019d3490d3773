#pragma once

#include <string>

namespace heddle {

/// Any JSON value as text. It is stored and answered byte for byte; text that is not valid JSON (RFC 8259, without
/// `\u0000`, lone surrogates, or numbers beyond the range of a double, which other readers could not take) is refused
/// with `invalid_argument` before anything is sent.
struct JsonValue {
  std::string text = "null";

  friend bool operator==(const JsonValue&, const JsonValue&) = default;
};

/// A JSON object as text, otherwise like JsonValue.
struct JsonObject {
  std::string text = "{}";

  friend bool operator==(const JsonObject&, const JsonObject&) = default;
};

}  // namespace heddle
