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
#include <utility>
#include <vector>

namespace heddle::formats::detail::openai_chat {

/// Puts the chunks of a stream of Chat Completions together.
class Assembly {
 public:
  void add(const Json& event) {
    const Pointer at;
    require_object(event, at);
    if (const Json* const error = event.find("error"); error != nullptr && !error->is_null()) {
      error_ = event;
      return;
    }
    for (std::size_t index = 0; index < event.items.size(); ++index) {
      const std::string& name = event.names[index];
      if (name == "choices") {
        add_choices(event.items[index], at.member(name));
      } else if (name == "object") {
        response_.set(name, "chat.completion");
      } else {
        Json& own = streamed_member(response_, name, at);
        if (!event.items[index].is_null()) { own = event.items[index]; }
      }
    }
  }
  void finish() { is_done_ = true; }

  [[nodiscard]] bool is_complete() const {
    return is_done_ || (!choices_.empty() && std::all_of(choices_.begin(), choices_.end(), [](const Choice& choice) {
             const Json* const reason = choice.made.find("finish_reason");
             return reason != nullptr && !reason->is_null();
           }));
  }
  [[nodiscard]] const Json& error() const noexcept { return error_; }

  /// Returns the response of the chunks so far.
  [[nodiscard]] Json response() const {
    Json made = response_;
    Json& list = made.set("choices", Json::array());
    for (const Choice& choice : choices_) {
      Json& message = list.push(choice.made).set("message", choice.message);
      if (message.find("role") == nullptr) { message.set("role", "assistant"); }
      if (message.find("content") == nullptr) { message.set("content", Json()); }
    }
    if (choices_.empty()) {
      Json& message = list.push(Json::object()).set("message", Json::object());
      message.set("role", "assistant");
      message.set("content", Json());
    }
    return made;
  }

 private:
  struct Choice {
    Json made = Json::object();
    Json message = Json::object();
    std::vector<std::string> calls{};  ///< the index that the chunks give each of `tool_calls`
  };

  void add_choices(const Json& choices, const Pointer& at) {
    require_array(choices, at);
    for (std::size_t index = 0; index < choices.items.size(); ++index) {
      add_choice(choices.items[index], at.element(index));
    }
  }

  /// Returns the choice with an index; they are in the order of their indexes.
  Choice& choice_of(const Json& chunk, const Pointer& at) {
    const Json& index = member(chunk, "index", at);
    if (index.kind != Json::Kind::number) { refuse(at.member("index"), "is not a number"); }
    const auto before = [](const Choice& choice, const std::string& number) {
      const std::string& own = choice.made.find("index")->text;
      return own.size() != number.size() ? own.size() < number.size() : own < number;
    };
    const auto found = std::lower_bound(choices_.begin(), choices_.end(), index.text, before);
    if (found != choices_.end() && found->made.find("index")->text == index.text) { return *found; }
    require_room(choices_.size(), at);
    Choice& added = *choices_.insert(found, Choice{});
    added.made.set("index", index);
    return added;
  }

  void add_choice(const Json& chunk, const Pointer& at) {
    require_object(chunk, at);
    Choice& choice = choice_of(chunk, at);
    for (std::size_t index = 0; index < chunk.items.size(); ++index) {
      const std::string& name = chunk.names[index];
      const Json& value = chunk.items[index];
      if (name == "delta") {
        require_object(value, at.member(name));
        add_delta(choice, value, at.member(name));
      } else if (name != "index") {
        extend(streamed_member(choice.made, name, at), value, at.member(name));
      }
    }
  }

  /// Continues lists, such as those of `logprobs`; replaces all else.
  static void extend(Json& own, const Json& value, const Pointer& at) {
    if (own.is_object() && value.is_object()) {
      for (std::size_t index = 0; index < value.items.size(); ++index) {
        const std::string& name = value.names[index];
        extend(streamed_member(own, name, at), value.items[index], at.member(name));
      }
    } else if (own.is_array() && value.is_array()) {
      own.items.insert(own.items.end(), value.items.begin(), value.items.end());
    } else if (!value.is_null()) {
      own = value;
    }
  }

  static void add_delta(Choice& choice, const Json& delta, const Pointer& at) {
    for (std::size_t index = 0; index < delta.items.size(); ++index) {
      const std::string& name = delta.names[index];
      const Json& value = delta.items[index];
      if (name == "tool_calls" && !value.is_null()) {
        require_array(value, at.member(name));
        for (std::size_t call = 0; call < value.items.size(); ++call) {
          add_call(choice, value.items[call], at.member(name).element(call));
        }
      } else {
        continue_member(choice.message, name, value, at);
      }
    }
  }

  /// Adds a piece of a call to the call with its index. Servers that give none send calls whole, each with an id.
  static void add_call(Choice& choice, const Json& piece, const Pointer& at) {
    require_object(piece, at);
    Json& calls = list_in(choice.message, "tool_calls");
    const Json* const index = piece.find("index");
    std::size_t place = choice.calls.size();
    if (index != nullptr) {
      place = static_cast<std::size_t>(std::find(choice.calls.begin(), choice.calls.end(), index->text) -
                                       choice.calls.begin());
    } else if (text_if(piece, "id").empty() && place > 0) {
      --place;
    }
    if (place == choice.calls.size()) {
      require_room(place, at);
      choice.calls.push_back(index == nullptr ? std::string("none") : index->text);
      calls.push(Json::object());
    }
    for (std::size_t each = 0; each < piece.items.size(); ++each) {
      if (piece.names[each] == "index") { continue; }
      continue_member(calls.items[place], piece.names[each], piece.items[each], at);
    }
  }

  /// Continues texts with texts and objects with objects; replaces all else. What names something comes whole.
  static void continue_member(Json& object, std::string_view name, const Json& piece, const Pointer& at) {
    Json& own = streamed_member(object, name, at);
    const bool is_whole = name == "role" || name == "id" || name == "type" || name == "name";
    if (own.is_null()) {
      own = piece;
    } else if (own.is_object() && piece.is_object()) {
      for (std::size_t index = 0; index < piece.items.size(); ++index) {
        continue_member(own, piece.names[index], piece.items[index], at.member(name));
      }
    } else if (own.is_string() && piece.is_string() && !is_whole) {
      own.text += piece.text;
    } else if (!is_whole || !piece.text.empty()) {
      extend(own, piece, at.member(name));
    }
  }

  Json response_ = Json::object();
  std::vector<Choice> choices_{};
  Json error_{};
  bool is_done_ = false;
};

}  // namespace heddle::formats::detail::openai_chat
