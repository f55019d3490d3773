#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// @file
/// Overloads for calls that newcomers write. They do not compile, and the first error is a sentence that says what to
/// write instead.
namespace heddle::concepts {

/// What converts to text.
template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

/// Takes any value; nothing reads it.
struct AnyValue {
  AnyValue() = default;
  /// Takes any value.
  template <class T>
  AnyValue(const T& /*value*/) noexcept {}  // NOLINT(google-explicit-constructor)
};

/// What newcomers take for a Message: its enumerators and its time are texts or numbers, and its content is `text`. The
/// members are those of Message, so that a list in braces fits where it does not fit a Message.
struct NearlyMessage {
  AnyValue role{};
  std::string content{};
  std::string text{};
  std::vector<ContentBlock> content_blocks{};
  std::vector<ToolCall> tool_calls{};
  std::string tool_use_id{};
  std::optional<ToolResult> tool_result{};
  AnyValue session_context{};
  std::string agent_id{};
  AnyValue timestamp{};
  std::int64_t token_count = 0;
  double cost_usd = 0;
  std::vector<Part> parts{};
  std::string provider_id{};
  std::string model{};
  std::string stop_reason{};
  Usage usage{};
  AnyValue metadata{};
};

/// The overloads of a session storage.
class SessionMistakes {
 public:
  /// @name Calls that do not compile
  ///@{

  /// Does not compile; the error says what to write.
  template <class Unused = void>
  std::int64_t save_session(const Session& /*session*/, const WriteOptions& /*options*/ = {}) {
    return need_context<Unused>();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::int64_t save_session(const Text& /*user*/, const Session& /*session*/) {
    return need_context<std::void_t<Text>>();
  }
  /// Does not compile; the error says what to write.
  template <class Unused = void>
  std::int64_t save_session(const Context& /*context*/, const Session& /*session*/, const AppendOptions& /*options*/) {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: save_session takes heddle::WriteOptions: only what appends messages can expect a sequence "
                  "number; a session has a revision");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::int64_t save_session(const Context& /*context*/, const Text& /*id*/) {
    static_assert(!TextLike<Text>, "heddle: save_session takes a Session: save_session(context, {.id = id})");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::int64_t save_message(const Text& /*session_id*/, const Message& /*message*/) {
    return need_context<std::void_t<Text>>();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::int64_t save_message(const Text& /*user*/, const std::string& /*session_id*/, const Message& /*message*/) {
    return need_context<std::void_t<Text>>();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::int64_t save_message(const Context& /*context*/, const std::string& /*session_id*/, const Text& /*text*/) {
    static_assert(!TextLike<Text>,
                  "heddle: save_message takes a Message: save_message(context, id, {.content = text})");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <class Unused = void>
  std::int64_t save_message(const Context& /*context*/, const std::string& /*session_id*/,
                            const NearlyMessage& /*message*/) {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: not a Message: {.role = heddle::Role::user, .content = text}; session_context is an "
                  "enumerator too, and timestamp a heddle::Timestamp");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <class Unused = void>
  SequenceRange save_messages(const Context& /*context*/, const std::string& /*session_id*/,
                              const Message& /*message*/) {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: save_messages takes several: save_messages(context, id, std::vector<heddle::Message>{...}); "
                  "save_message takes one");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  std::optional<Session> load_session(const Text& /*id*/) {
    return need_context<std::void_t<Text>>(), std::nullopt;
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  Page<Message> load_messages(const Text& /*session_id*/) {
    return need_context<std::void_t<Text>>(), Page<Message>{};
  }
  /// Does not compile; the error says what to write.
  template <std::integral Number>
  Page<Message> load_messages(const Context& /*context*/, const std::string& /*session_id*/, Number /*limit*/) {
    static_assert(!std::integral<Number>,
                  "heddle: load_messages takes a PageRequest: load_messages(context, id, {.limit = limit})");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  FoundMessages search_messages(const Context& /*context*/, const Text& /*query*/) {
    static_assert(!TextLike<Text>,
                  "heddle: search_messages takes a MessageSearch: search_messages(context, {.query = words})");
    never_called();
  }
  /// Does not compile; the error says what to write.
  template <TextLike Text>
  bool delete_session(const Text& /*id*/) {
    return need_context<std::void_t<Text>>() != 0;
  }
  ///@}

 private:
  template <class Void>
  static std::int64_t need_context() {
    static_assert(!std::is_void_v<Void>,
                  "heddle: the first argument of every operation is a Context: heddle::Context::for_user(user), or {} "
                  "for the default user");
    never_called();
  }
};

}  // namespace heddle::concepts
