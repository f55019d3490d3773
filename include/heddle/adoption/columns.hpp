// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/raw_json.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/limits.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/repair_text.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::adoption {

/// Shortens a text to at most `most` bytes, between two characters; returns whether it was longer.
inline bool cut_text(std::string& text, std::size_t most) {
  if (text.size() <= most) { return false; }
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) { --most; }
  text.resize(most);
  return true;
}

/// The columns of one row, taken in the order in which they were selected. Values that cannot be stored are made
/// storable, and noted.
template <class Row>
class Columns {
 public:
  Columns(const Row& row, std::string_view table, std::span<const Wish> wishes, Notes& notes)
      : row_(row), table_(table), wishes_(wishes), notes_(notes) {}

  /// An id as it is: one that was repaired could be that of another row. See is_usable_id.
  std::string id() {
    std::string value = row_.is_null(at_) ? std::string() : row_.text(at_);
    ++at_;
    return value;
  }
  /// Empty for null. At most `most` bytes.
  std::string text(std::size_t most = limits::text) {
    std::string value = id();
    if (!validation::is_clean_utf8(value)) {
      value = repair_text(value);
      note("was no UTF-8 without NUL: U+FFFD stands in the place of each such byte");
    }
    if (cut_text(value, most)) { note("was longer than " + std::to_string(most) + " bytes: the rest is cut off"); }
    return value;
  }
  /// Nothing for null and for an empty text.
  std::optional<std::string> optional_text(std::size_t most = limits::text) {
    std::string value = text(most);
    return value.empty() ? std::nullopt : std::optional(std::move(value));
  }
  /// A text with JSON in it, of any length; `null` is empty.
  std::string json() {
    std::string value = text(std::string::npos);
    if (value == "null") { value.clear(); }
    if (replace_escaped_nul(value)) { note("had \\u0000 in JSON: \\ufffd stands in its place"); }
    return value;
  }
  /// JSON that must be an object.
  std::string object() {
    std::string value = json();
    if (value.empty()) { return "{}"; }
    if (value.size() <= limits::text && validation::is_json(value)) {
      if (value.starts_with('{')) { return value; }
      // It can be too long or too deep as a member.
      std::string wrapped = R"({"value":)" + value + "}";
      if (wrapped.size() <= limits::text && validation::is_json(wrapped)) {
        note("was no object of JSON: it is the member \"value\" of one");
        return wrapped;
      }
    }
    // An escape needs up to six bytes.
    const bool is_cut = cut_text(value, limits::text / 8);
    note(std::string("was no JSON that can be stored: it is the text \"value\" of an object") +
         (is_cut ? ", without its end" : ""));
    std::string wrapped = R"({"value":)";
    transfer::append_text(wrapped, value);
    return wrapped + "}";
  }
  /// Zero for null.
  std::int64_t integer() {
    const std::int64_t value = row_.is_null(at_) ? 0 : row_.integer(at_);
    ++at_;
    return value;
  }
  /// A number that is not negative.
  std::int64_t count(std::int64_t most = limits::tokens) {
    const std::int64_t value = integer();
    return within(value, 0, most, "was negative or too large: it is the nearest number that is not");
  }
  /// A sum in dollars.
  double cost() {
    const double value = row_.is_null(at_) ? 0 : row_.real(at_);
    ++at_;
    if (value >= 0 && value <= limits::dollars) {
      return value == 0 ? 0 : value;
    }  // of -0 only one database keeps the sign
    note("was no cost: it is the nearest one");
    return value > 0 ? limits::dollars : 0;
  }
  /// Microseconds.
  std::int64_t time() {
    return within(integer(), microseconds_of(validation::first_time), microseconds_of(validation::end_of_times) - 1,
                  "was outside of the years 1 to 9999: it is the nearest time in them");
  }
  std::optional<std::int64_t> optional_time() {
    const bool is_null = row_.is_null(at_);
    const std::int64_t value = time();
    return is_null ? std::nullopt : std::optional(value);
  }
  /// A time of deletion, which a row that is not deleted lacks.
  std::optional<std::int64_t> deletion() {
    auto value = optional_time();
    if (value && *value < 1) { value = 1; }
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
  /// Notes what has become of the column that was taken last.
  void note(std::string_view what) { notes_.change(table_, wishes_[static_cast<std::size_t>(at_ - 1)].name, what); }

  std::int64_t within(std::int64_t value, std::int64_t least, std::int64_t most, std::string_view what) {
    if (value >= least && value <= most) { return value; }
    note(what);
    return std::clamp(value, least, most);
  }

  const Row& row_;
  std::string_view table_;
  std::span<const Wish> wishes_;
  Notes& notes_;
  int at_ = 0;
};

/// Whether Heddle can store an id.
[[nodiscard]] inline bool is_usable_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= limits::id && validation::is_clean_utf8(id);
}

}  // namespace heddle::adoption
