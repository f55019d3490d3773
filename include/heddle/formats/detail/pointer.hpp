// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/refusal.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::formats::detail {

/// Appends a name to a JSON pointer (RFC 6901). Of a long name it has the beginning, as the errors of Heddle have of
/// every text that others chose.
inline void append_token(std::string& pointer, std::string_view name) {
  const std::string shown = quoted_id(name);
  pointer += '/';
  for (const char each : std::string_view(shown).substr(1, shown.rfind('"') - 1)) {
    if (each == '~') {
      pointer += "~0";
    } else if (each == '/') {
      pointer += "~1";
    } else {
      pointer += each;
    }
  }
}

/// The place of a value in a document, as a JSON pointer. Refers to its names and to the pointer that it continues.
class Pointer {
 public:
  /// The document itself.
  Pointer() = default;

  [[nodiscard]] Pointer member(std::string_view name) const { return {*this, true, name, 0}; }
  [[nodiscard]] Pointer element(std::size_t index) const { return {*this, false, {}, index}; }

  [[nodiscard]] std::string text() const {
    if (parent_ == nullptr) { return {}; }
    std::string text = parent_->text();
    if (is_member_) {
      append_token(text, name_);
    } else {
      text.append("/").append(std::to_string(index_));
    }
    return text;
  }

 private:
  Pointer(const Pointer& parent, bool is_member, std::string_view name, std::size_t index)
      : parent_(&parent), name_(name), index_(index), is_member_(is_member) {}

  const Pointer* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool is_member_ = false;
};

[[noreturn]] inline void refuse(const std::string& pointer, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, "the JSON at \"" + pointer + "\" " + std::string(why));
}
[[noreturn]] inline void refuse(const Pointer& at, std::string_view why) { refuse(at.text(), why); }

}  // namespace heddle::formats::detail
