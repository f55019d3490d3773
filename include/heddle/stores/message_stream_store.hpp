#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_stream.hpp"
#include "heddle/options.hpp"
#include "heddle/stores/waiters.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle {

/// Messages that are stored while a model writes them, on any backend. Satisfies MessageStreamStorage, which specifies
/// each operation. Many threads may use it.
template <class Policy, class Tracer>
class MessageStreamStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  MessageStreamStore(Gateway& gateway, stores::Waiters<Policy>& waiters) : gateway_(gateway), waiters_(waiters) {}

  /// Appends an empty message to a session; returns its writer.
  [[nodiscard]] MessageStream begin(const Context& context, const std::string& session_id, const Message& message,
                                    const AppendOptions& options = {},
                                    std::chrono::milliseconds silence = default_silence);
  /// Stores a text behind what is stored of the message.
  void append(const Context& context, MessageStream& stream, std::string_view text);
  /// Makes the message whole.
  void finish(const Context& context, const MessageStream& stream, const Message& message,
              const WriteOptions& options = {});
  /// Makes a new writer of a message that is not finished, and fences the earlier ones.
  [[nodiscard]] MessageStream take_over(const Context& context, const std::string& session_id, const SessionEnd& at);
  /// Blocks until the message is longer than so many bytes, or no longer being written.
  [[nodiscard]] StreamGrowth wait(const Context& context, const std::string& session_id, const SessionEnd& at,
                                  std::int64_t seen = 0);
  /// Returns the messages that are interrupted, the longest silence first.
  [[nodiscard]] Page<InterruptedMessage> interrupted(const Context& context, const PageRequest& request = {});

 private:
  Gateway& gateway_;
  stores::Waiters<Policy>& waiters_;
};

}  // namespace heddle
