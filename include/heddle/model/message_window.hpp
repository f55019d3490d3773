#pragma once

#include "heddle/model/message.hpp"
#include "heddle/options.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace heddle {

/// Selects the messages of a session that a request to a model needs: the newest that satisfy all conditions.
/// Conditions apply before anything is counted.
struct MessageWindow {
  std::int64_t from = 1;               ///< the first sequence number
  std::optional<std::int64_t> to{};    ///< the last sequence number; nothing: the last of the session
  std::optional<std::int64_t> last{};  ///< at most this many messages, 1 to `limits::page`; nothing: `limits::page`
  /// At most this many tokens in all, by `Message::token_count`, which the program sets: a message without it has none.
  std::optional<std::int64_t> tokens{};
  std::vector<Role> roles{};  ///< only messages of these roles; empty: of all
  /// Leaves out results of tools at the front of the window, and directly behind a fold, whose calls are outside:
  /// models refuse them. Has no effect where `roles` leaves out the assistant.
  bool whole_exchanges = true;
  /// Shows a fold in the place of the messages that it stands for: as one message with its summary and tokens, of the
  /// role `system`, at the last sequence number of its range. Like every other message it is in the window if this
  /// number and its role are. False: all messages, and no folds.
  bool folds = true;
};

/// The messages of a window.
struct LoadedWindow {
  std::vector<Message> messages{};     ///< in the order of their sequence numbers
  SessionEnd end{};                    ///< where the session ended when it was read
  std::int64_t left_out_messages = 0;  ///< results of tools that `whole_exchanges` left out
  std::int64_t left_out_tokens = 0;    ///< their tokens
  /// The newest message alone has more tokens than the window may have: the window is empty.
  bool newest_is_too_large = false;
};

}  // namespace heddle
