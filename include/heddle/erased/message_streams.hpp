#pragma once

#include "heddle/concepts/message_stream_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_stream.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::erased {

/// The store of streamed messages of any backend; satisfies MessageStreamStorage, which specifies each operation. Many
/// threads may use it.
class MessageStreams : public Interface {
 public:
  /// @name Operations, which MessageStreamStorage specifies
  ///@{
  [[nodiscard]] virtual MessageStream begin(const Context& context, const std::string& session_id,
                                            const Message& message, const AppendOptions& options = {},
                                            std::chrono::milliseconds silence = default_silence) = 0;
  virtual void append(const Context& context, MessageStream& stream, std::string_view text) = 0;
  virtual void finish(const Context& context, const MessageStream& stream, const Message& message,
                      const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual MessageStream take_over(const Context& context, const std::string& session_id,
                                                const SessionEnd& at) = 0;
  [[nodiscard]] virtual StreamGrowth wait(const Context& context, const std::string& session_id, const SessionEnd& at,
                                          std::int64_t seen = 0) = 0;
  [[nodiscard]] virtual Page<InterruptedMessage> interrupted(const Context& context, const PageRequest& page = {}) = 0;
  ///@}
};

/// Implements `MessageStreams` with a store of streamed messages: a reference to it, or a proxy that is stored here.
template <class Store>
class MessageStreamsModel final : public MessageStreams {
 public:
  explicit MessageStreamsModel(Store store) : store_(std::forward<Store>(store)) {}

  MessageStream begin(const Context& context, const std::string& session_id, const Message& message,
                      const AppendOptions& options, std::chrono::milliseconds silence) override {
    return store_.begin(context, session_id, message, options, silence);
  }
  void append(const Context& context, MessageStream& stream, std::string_view text) override {
    store_.append(context, stream, text);
  }
  void finish(const Context& context, const MessageStream& stream, const Message& message,
              const WriteOptions& options) override {
    store_.finish(context, stream, message, options);
  }
  MessageStream take_over(const Context& context, const std::string& session_id, const SessionEnd& at) override {
    return store_.take_over(context, session_id, at);
  }
  StreamGrowth wait(const Context& context, const std::string& session_id, const SessionEnd& at,
                    std::int64_t seen) override {
    return store_.wait(context, session_id, at, seen);
  }
  Page<InterruptedMessage> interrupted(const Context& context, const PageRequest& page) override {
    return store_.interrupted(context, page);
  }

 private:
  Store store_;
};

}  // namespace heddle::erased
