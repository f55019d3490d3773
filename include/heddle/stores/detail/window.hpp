// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/validation/field_path.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a window that no session can have.
void check_window(const std::same_as<MessageWindow> auto& window) {
  if (window.from < 0) { validation::refuse("window.from", "is negative"); }
  if (window.to && *window.to < 0) { validation::refuse("window.to", "is negative"); }
  if (window.last && (*window.last < 1 || *window.last > limits::page)) {
    validation::refuse("window.last", "is not between 1 and " + std::to_string(limits::page));
  }
  if (window.tokens && *window.tokens < 0) { validation::refuse("window.tokens", "is negative"); }
}

/// Returns roles as a set of bits; all for none.
[[nodiscard]] std::int64_t bits_of_roles(const std::same_as<std::vector<Role>> auto& roles) {
  std::int64_t bits = roles.empty() ? ~std::int64_t{0} : 0;
  for (const Role role : roles) { bits |= std::int64_t{1} << static_cast<int>(role); }
  return bits;
}

/// True for the result of a tool: its call must be before it.
[[nodiscard]] inline bool is_result(const Message& message) {
  return message.role == Role::tool || message.tool_result || !message.tool_use_id.empty();
}

/// Returns the message that is shown in the place of a fold. What it is read from has other members of the last
/// message under it.
[[nodiscard]] inline Message as_fold(Message read) {
  return {.role = Role::system,
          .content = std::move(read.content),
          .timestamp = read.timestamp,
          .token_count = read.token_count,
          .session_id = std::move(read.session_id),
          .sequence = read.sequence,
          .folded_first = read.folded_first,
          .folded_last = read.folded_last};
}

/// Leaves out the results of tools at the front of messages in order and directly behind a fold.
void leave_out_results(std::same_as<LoadedWindow> auto& loaded) {
  bool call_is_outside = true;
  std::erase_if(loaded.messages, [&](const Message& message) {
    if (call_is_outside && is_result(message)) {
      ++loaded.left_out_messages;
      loaded.left_out_tokens += message.token_count;
      return true;
    }
    call_is_outside = message.folded_last != 0;
    return false;
  });
}

/// Keeps the newest messages that fit into the window, in the order of their sequence. `newest_first` are at least
/// these, and the next one if there is one.
void fill(std::same_as<LoadedWindow> auto& loaded, const MessageWindow& window, std::vector<Message> newest_first) {
  std::int64_t tokens = 0;
  const auto does_not_fit = [&](const Message& message) {
    tokens += window.tokens ? std::min(message.token_count, *window.tokens + 1) : 0;
    return window.tokens && tokens > *window.tokens;
  };
  const auto end = std::find_if(newest_first.begin(), newest_first.end(), does_not_fit);
  loaded.newest_is_too_large = !newest_first.empty() && end == newest_first.begin();
  newest_first.erase(end, newest_first.end());

  const bool has_calls = window.roles.empty() ||
                         std::find(window.roles.begin(), window.roles.end(), Role::assistant) != window.roles.end();
  std::reverse(newest_first.begin(), newest_first.end());
  loaded.messages = std::move(newest_first);
  for (Message& message : loaded.messages) {
    if (message.folded_last != 0) { message = as_fold(std::move(message)); }
  }
  if (window.whole_exchanges && has_calls) { leave_out_results(loaded); }
}

}  // namespace heddle::stores::detail
