#pragma once

#include <string>

namespace heddle {

/// Any JSON value as text. It is stored and returned byte for byte. Writes throw `invalid_argument` for text that is
/// not valid JSON (RFC 8259), or that has `\u0000`, a lone surrogate, or a number out of the range of a double, which
/// other parsers reject.
struct JsonValue {
  std::string text = "null";

  friend bool operator==(const JsonValue&, const JsonValue&) = default;
};

/// A JSON object as text; see JsonValue.
struct JsonObject {
  std::string text = "{}";

  friend bool operator==(const JsonObject&, const JsonObject&) = default;
};

}  // namespace heddle
