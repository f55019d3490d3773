// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/json_codec.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sql {

/// The number of bytes at the start of a text that are searched.
inline constexpr std::size_t searched_bytes = 1'000'000;

/// The texts of a row that are searched, as an argument of a statement. It is a parameter only on a backend that splits
/// texts into words itself. Refers to the texts.
class SearchText {
 public:
  /// Those of a message, whose stored content has so many bytes; see MessageTexts.
  SearchText(const Message& message, std::size_t bytes) : message_(&message), bytes_(bytes) {}
  /// Two texts, and a list that is searched in its stored form, JSON.
  SearchText(std::string_view first, std::string_view second, const std::vector<std::string>& list)
      : texts_{first, second}, list_(&list) {}

  /// The message; null for other rows.
  [[nodiscard]] const Message* message() const noexcept { return message_; }
  /// The bytes of the stored content of the message.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// Calls `visit(std::string_view)` for each text of a row that is no message, in order, also if it is empty.
  template <class Visit>
  void for_each(Visit&& visit) const {
    visit(texts_[0]);
    visit(texts_[1]);
    visit(list_->empty() ? std::string_view() : std::string_view(json::encode(*list_)));
  }

 private:
  std::array<std::string_view, 2> texts_{};
  const std::vector<std::string>* list_ = nullptr;
  const Message* message_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace heddle::sql
