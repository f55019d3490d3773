// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace heddle::stores::detail {

template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

/// Overloads for calls that newcomers write. They do not compile, and the first error is a sentence that says what to
/// write instead.
class SessionMistakes {
 public:
  template <class Unused = void>
  std::int64_t save_session(const Session& /*session*/, const WriteOptions& /*options*/ = {}) {
    return need_context<Unused>();
  }
  template <class Unused = void>
  std::int64_t save_session(const Context& /*context*/, const Session& /*session*/, const AppendOptions& /*options*/) {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: save_session takes heddle::WriteOptions: only what appends messages can expect a sequence "
                  "number; a session has a revision");
    concepts::never_called();
  }
  template <TextLike Text>
  std::int64_t save_session(const Context& /*context*/, const Text& /*id*/) {
    static_assert(!TextLike<Text>, "heddle: save_session takes a Session: save_session(context, {.id = id})");
    concepts::never_called();
  }
  template <TextLike Text>
  std::int64_t save_message(const Text& /*session_id*/, const Message& /*message*/) {
    return need_context<std::void_t<Text>>();
  }
  template <TextLike Text>
  std::int64_t save_message(const Context& /*context*/, const std::string& /*session_id*/, const Text& /*text*/) {
    static_assert(!TextLike<Text>,
                  "heddle: save_message takes a Message: save_message(context, id, {.content = text})");
    concepts::never_called();
  }
  template <TextLike Text>
  std::int64_t load_session(const Text& /*id*/) {
    return need_context<std::void_t<Text>>();
  }
  template <TextLike Text>
  std::int64_t load_messages(const Text& /*session_id*/) {
    return need_context<std::void_t<Text>>();
  }

 private:
  template <class Void>
  static std::int64_t need_context() {
    static_assert(!std::is_void_v<Void>,
                  "heddle: the first argument of every operation is a Context: heddle::Context::for_user(user), or {} "
                  "for the default user");
    concepts::never_called();
  }
};

}  // namespace heddle::stores::detail
