// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::validation {

/// The place of a value in the arguments of a call: a name and the steps from there to the value, as in
/// `messages[2].tool_calls[0].id`. Refers to its names and to the path that it continues.
class FieldPath {
 public:
  // Implicit, so that the name of an argument is a path.
  FieldPath(const char* name) : name_(name) {}                           // NOLINT(google-explicit-constructor)
  FieldPath(std::string_view name) : name_(name) {}                      // NOLINT(google-explicit-constructor)
  FieldPath(const std::string& name) : name_(std::string_view(name)) {}  // NOLINT(google-explicit-constructor)

  /// The member of a record.
  [[nodiscard]] FieldPath member(std::string_view name) const { return {*this, Step::member, name, 0}; }
  /// The element of a list.
  [[nodiscard]] FieldPath element(std::size_t index) const { return {*this, Step::element, {}, index}; }
  /// A key or a value of a map, by its index in the order of the keys. Errors never contain the text of a key.
  [[nodiscard]] FieldPath key(std::size_t index) const { return {*this, Step::key, {}, index}; }
  [[nodiscard]] FieldPath value(std::size_t index) const { return {*this, Step::value, {}, index}; }

  [[nodiscard]] std::string text() const {
    std::string text = parent_ == nullptr ? std::string() : parent_->text();
    switch (step_) {
      case Step::argument: text += name_; break;
      case Step::member: text.append(".").append(name_); break;
      case Step::element: text.append("[").append(std::to_string(index_)).append("]"); break;
      case Step::key: text.append(".keys[").append(std::to_string(index_)).append("]"); break;
      case Step::value: text.append(".values[").append(std::to_string(index_)).append("]"); break;
    }
    return text;
  }

 private:
  enum class Step { argument, member, element, key, value };

  FieldPath(const FieldPath& parent, Step step, std::string_view name, std::size_t index)
      : parent_(&parent), step_(step), name_(name), index_(index) {}

  const FieldPath* parent_ = nullptr;
  Step step_ = Step::argument;
  std::string_view name_;
  std::size_t index_ = 0;
};

/// Throws `invalid_argument` with the path and what is wrong with the value there.
[[noreturn]] inline void refuse(const FieldPath& field, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, field.text().append(" ").append(why));
}

}  // namespace heddle::validation
