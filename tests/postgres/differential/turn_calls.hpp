#pragma once

#include "postgres/differential/session_calls.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace differential {

/// Random calls on calls of tools, messages that are being written, and redaction.
class TurnCalls : public SessionCalls {
 public:
  using SessionCalls::SessionCalls;

 protected:
  void turns() {
    switch (random_.number(10)) {
      case 0:
      case 1: return exchange();
      case 2: return open_tool_calls();
      case 3: return close_tool_calls();
      case 4: return redact_messages();
      case 5: return begin_stream();
      case 6: return finish_stream();
      case 7: return take_over_stream();
      default: return append_to_stream();
    }
  }

 private:
  std::string call_id() { return random_.one_in(6) ? std::string() : random_.id("call"); }

  /// Saves calls and results, of few ids.
  void exchange() {
    std::vector<heddle::Message> messages(1 + random_.number(3));
    for (heddle::Message& each : messages) {
      switch (random_.number(4)) {
        case 0:
          each.parts = {heddle::Part::of_tool_result(call_id(), {}), heddle::Part::of_text(random_.words(2)),
                        heddle::Part::of_tool_result(call_id(), {})};
          break;
        case 1: each.tool_calls = {{.id = call_id(), .name = "plain"}, {.id = call_id(), .name = "second"}}; break;
        case 2: each.parts = {heddle::Part::of_tool_call({.id = call_id(), .name = "part"})}; break;
        default: each.tool_use_id = call_id(); each.tool_result.emplace();
      }
    }
    write_with("save_messages with calls", AppendOptions{},
               [messages, id = session_id(), context = context()](auto& side, const AppendOptions& with) {
                 return shown(side, side.backend.session_storage().save_messages(context, id, messages, with));
               });
  }

  void open_tool_calls() {
    if (random_.one_in(3)) {
      return read_list("load_messages_backwards",
                       [&, context = context(), id = session_id()](auto& side, const auto& page) {
                         return side.backend.session_storage().load_messages_backwards(context, id, page);
                       });
    }
    read_list("open_tool_calls", [&, context = context(), id = maybe_session()](auto& side, const auto& page) {
      return side.backend.session_storage().open_tool_calls(context, id, page);
    });
  }

  void close_tool_calls() {
    if (!random_.one_in(3)) { return open_tool_calls(); }
    auto error = random_.record<heddle::ToolError>();
    AppendOptions options;
    if (random_.one_in(4)) { options.idempotency_key = random_.id("key"); }
    write_with("close_tool_calls", options,
               [error, id = session_id(), context = context()](auto& side, const AppendOptions& with) {
                 return shown(side, side.backend.session_storage().close_tool_calls(context, id, error, with));
               });
  }

  void redact_messages() {
    const auto first = static_cast<std::int64_t>(random_.number(8));
    const heddle::SequenceRange range{first, first + static_cast<std::int64_t>(random_.number(3))};
    write("redact_messages", [range, id = session_id(), context = context()](auto& side, const Options& options) {
      return shown(side, side.backend.session_storage().redact_messages(context, id, range, "reason", options));
    });
  }

  void begin_stream() {
    const heddle::Message message{.role = heddle::Role::assistant, .agent_id = agent_id()};
    AppendOptions options;
    if (random_.one_in(4)) { options.idempotency_key = random_.id("key"); }
    std::optional<heddle::MessageStream> begun;
    const auto context = this->context();
    call("begin_stream", [&, id = session_id()](auto& side) {
      begun = side.backend.stream_store().begin(context, id, message, options, std::chrono::hours(1));
      return shown_stream(side, *begun);
    });
    keep(context, begun);
  }

  void take_over_stream() {
    if (streams_.empty()) { return begin_stream(); }
    const OwnedStream from = random_.one_of(streams_);
    std::optional<heddle::MessageStream> taken;
    call("take_over_stream", [&](auto& side) {
      taken = side.backend.stream_store().take_over(from.context, from.stream.session_id, from.stream.at);
      return shown_stream(side, *taken);
    });
    keep(from.context, taken);
  }

  void append_to_stream() {
    if (streams_.empty()) { return begin_stream(); }
    OwnedStream& to = streams_[random_.number(streams_.size())];
    const std::string text = random_.one_in(10) ? random_.nasty() : random_.words(3);
    heddle::MessageStream grown = to.stream;
    call("append_to_stream", [&](auto& side) {
      heddle::MessageStream own = to.stream;
      side.backend.stream_store().append(to.context, own, text);
      grown = own;
      return shown_stream(side, grown);
    });
    // Often it is kept as it was: the next append is a repeat, or has another text.
    if (!random_.one_in(4)) { to.stream = grown; }
  }

  void finish_stream() {
    if (streams_.empty()) { return begin_stream(); }
    const OwnedStream ended = random_.one_of(streams_);
    const heddle::Message whole = random_.one_in(2) ? message() : heddle::Message{.token_count = 3};
    write("finish_stream", [=](auto& side, const Options& options) {
      side.backend.stream_store().finish(ended.context, ended.stream, whole, options);
      return std::string("done");
    });
  }

  template <class SideType>
  static std::string shown_stream(const SideType& side, const heddle::MessageStream& stream) {
    return shown(side, stream.at) + " writer " + std::to_string(stream.writer) + ": " + stream.text;
  }
  void keep(const heddle::Context& context, const std::optional<heddle::MessageStream>& stream) {
    if (!stream) { return; }
    if (streams_.size() < 6) {
      streams_.push_back({context, *stream});
    } else {
      streams_[random_.number(streams_.size())] = {context, *stream};
    }
  }

  // A stream, and who may write into it.
  struct OwnedStream {
    heddle::Context context;
    heddle::MessageStream stream;
  };
  std::vector<OwnedStream> streams_{};
};

}  // namespace differential
