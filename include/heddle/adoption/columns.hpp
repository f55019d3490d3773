// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/raw_json.hpp"
#include "heddle/limits.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/repair_text.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::adoption {

/// The columns of one row, taken in the order in which they were selected. Texts are made storable.
template <class Row>
class Columns {
 public:
  Columns(const Row& row, std::string_view table, Notes& notes) : row_(row), table_(table), notes_(notes) {}

  /// Empty for null.
  std::string text() {
    std::string value = row_.is_null(at_) ? std::string() : row_.text(at_);
    ++at_;
    if (!validation::is_clean_utf8(value)) {
      value = repair_text(value);
      notes_.change(table_, "", "a text was no UTF-8 without NUL: U+FFFD stands in the place of each such byte");
    }
    return value;
  }
  /// Nothing for null and for an empty text.
  std::optional<std::string> optional_text() {
    std::string value = text();
    return value.empty() ? std::nullopt : std::optional(std::move(value));
  }
  /// A text with JSON in it; `null` is empty.
  std::string json() {
    std::string value = text();
    if (value == "null") { value.clear(); }
    if (replace_escaped_nul(value)) { notes_.change(table_, "", "JSON had \\u0000: \\ufffd stands in its place"); }
    return value;
  }
  /// JSON that must be an object.
  std::string object() {
    std::string value = json();
    if (value.empty()) { return "{}"; }
    const bool is_json = validation::is_json(value);
    if (is_json && value.starts_with('{')) { return value; }
    notes_.change(table_, "", "JSON was no object: it is the member \"value\" of one");
    if (is_json) { return R"({"value":)" + value + "}"; }
    std::string wrapped = R"({"value":)";
    transfer::append_text(wrapped, value);
    return wrapped + "}";
  }
  std::int64_t integer() {
    const std::int64_t value = row_.is_null(at_) ? 0 : row_.integer(at_);
    ++at_;
    return value;
  }
  std::optional<std::int64_t> optional_integer() {
    const bool is_null = row_.is_null(at_);
    const std::int64_t value = integer();
    return is_null ? std::nullopt : std::optional(value);
  }
  double real() {
    const double value = row_.is_null(at_) ? 0 : row_.real(at_);
    ++at_;
    return value;
  }
  /// The name of an enumerator of Heddle; `otherwise` and a note for another one.
  template <class Enum>
  std::string name(std::string_view column, Enum otherwise) {
    std::string value = text();
    if (value.empty() && column == "session_context") { return std::string(to_string(otherwise)); }
    if (parse_enum<Enum>(value)) { return value; }
    notes_.change(table_, column, "a value that Heddle does not know became " + std::string(to_string(otherwise)));
    return std::string(to_string(otherwise));
  }

 private:
  const Row& row_;
  std::string_view table_;
  Notes& notes_;
  int at_ = 0;
};

/// Whether Heddle can store an id.
[[nodiscard]] inline bool is_usable_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= limits::id && validation::is_clean_utf8(id);
}

}  // namespace heddle::adoption
