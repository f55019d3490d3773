// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::formats::detail::gemini {

/// Puts the responses of streamGenerateContent together.
class Assembly {
 public:
  void add(const Json& event) {
    const Pointer at;
    require_object(event, at);
    if (event.find("error") != nullptr) {
      error_ = event;
      return;
    }
    for (std::size_t index = 0; index < event.items.size(); ++index) {
      if (event.names[index] == "candidates") {
        add_candidates(event.items[index], at.member("candidates"));
      } else {
        streamed_member(response_, event.names[index], at) = event.items[index];
      }
    }
  }
  void finish() { is_done_ = true; }

  [[nodiscard]] bool is_complete() const {
    const Json* const candidates = response_.find("candidates");
    return is_done_ || (candidates != nullptr &&
                        std::all_of(candidates->items.begin(), candidates->items.end(),
                                    [](const Json& each) { return each.find("finishReason") != nullptr; }));
  }
  [[nodiscard]] const Json& error() const noexcept { return error_; }
  /// Returns the response of those so far.
  [[nodiscard]] const Json& response() const noexcept { return response_; }

 private:
  /// Returns the number of a candidate; the first one has none.
  [[nodiscard]] static std::string_view number_of(const Json& candidate) {
    const Json* const index = candidate.find("index");
    return index == nullptr ? std::string_view("0") : index->text;
  }

  void add_candidates(const Json& pieces, const Pointer& at) {
    require_array(pieces, at);
    Json& list = list_in(response_, "candidates");
    for (std::size_t index = 0; index < pieces.items.size(); ++index) {
      const Json& piece = pieces.items[index];
      require_object(piece, at.element(index));
      const std::string_view number = number_of(piece);
      const auto found = std::find_if(list.items.begin(), list.items.end(),
                                      [&](const Json& candidate) { return number_of(candidate) == number; });
      if (found == list.items.end()) {
        require_room(list.items.size(), at.element(index));
        add_candidate(list.push(Json::object()), piece, at.element(index));
      } else {
        add_candidate(*found, piece, at.element(index));
      }
    }
  }

  static void add_candidate(Json& candidate, const Json& piece, const Pointer& at) {
    for (std::size_t index = 0; index < piece.items.size(); ++index) {
      const std::string& name = piece.names[index];
      const bool is_new = candidate.find(name) == nullptr;
      Json& own = streamed_member(candidate, name, at);
      if (name == "content" && !is_new) {
        require_object(piece.items[index], at.member(name));
        add_content(own, piece.items[index], at.member(name));
      } else {
        own = piece.items[index];
      }
    }
  }

  static void add_content(Json& content, const Json& piece, const Pointer& at) {
    for (std::size_t index = 0; index < piece.items.size(); ++index) {
      if (piece.names[index] != "parts") {
        streamed_member(content, piece.names[index], at) = piece.items[index];
        continue;
      }
      require_array(piece.items[index], at.member("parts"));
      Json& parts = list_in(content, "parts");
      for (const Json& part : piece.items[index].items) {
        if (!parts.items.empty() && continues(parts.items.back(), part)) {
          parts.items.back().find("text")->text += part.find("text")->text;
        } else {
          parts.push(part);
        }
      }
    }
  }

  /// Returns whether a part is more of the text before it. One with a signature stays as it is, as the documentation of
  /// thought signatures asks for.
  [[nodiscard]] static bool continues(const Json& before, const Json& part) {
    const auto is_text = [](const Json& json) {
      const Json* const text = json.find("text");
      const std::size_t others = json.find("thought") == nullptr ? 1 : 2;
      return text != nullptr && text->is_string() && json.items.size() == others;
    };
    const auto is_thought = [](const Json& json) {
      const Json* const thought = json.find("thought");
      return thought != nullptr && thought->is_true();
    };
    return is_text(before) && is_text(part) && is_thought(before) == is_thought(part);
  }

  Json response_ = Json::object();
  Json error_{};
  bool is_done_ = false;
};

}  // namespace heddle::formats::detail::gemini
