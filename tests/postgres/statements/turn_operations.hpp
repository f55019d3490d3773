#pragma once

#include "postgres/statements/operations.hpp"

#include <doctest/doctest.h>
#include <chrono>

#include <string>
#include <vector>

namespace operations {

/// Returns the first writer of the message that is being written in "child" of the run's session.
inline MessageStream writer(R& run) {
  return {.session_id = "child " + run.id, .at = {1, 1}, .announced = Context::Clock::now()};
}

/// Operations on calls of tools, and on messages that are being written.
inline const std::vector<Operation> of_turns{
    {"load_messages_backwards",
     [](R& r) { CHECK(r.sessions().load_messages_backwards(r.context, r.id, {.limit = 918}).items.size() == 3); }},
    {"open_tool_calls", [](R& r) { CHECK(r.sessions().open_tool_calls(r.context, r.id, r.page).items.size() == 3); }},
    {"open_tool_calls of all sessions",
     [](R& r) { CHECK(!r.sessions().open_tool_calls(r.context, std::nullopt, r.page).items.empty()); }},
    {"close_tool_calls",
     [](R& r) { CHECK(r.sessions().close_tool_calls(r.context, r.id, {.message = text_mark}, r.expecting(3)) == 3); },
     true},
    {"begin a stream",
     [](R& r) {
       const Message message{.role = Role::assistant, .agent_id = r.id, .timestamp = time_mark};
       CHECK(r.backend.stream_store().begin(r.context, r.id, message, r.expecting(3)).at == SessionEnd{1, 4});
     },
     true},
    {"append to a stream",
     [](R& r) {
       MessageStream stream = writer(r);
       // On a slow machine the next announcement would be due.
       stream.announced = Context::Clock::now() + std::chrono::hours(1);
       r.backend.stream_store().append(r.context, stream, text_mark);
     }},
    {"append to a stream, and tell other processes",
     [](R& r) {
       MessageStream stream = writer(r);
       stream.announced = {};
       r.backend.stream_store().append(r.context, stream, text_mark);
     },
     false, 2},
    {"finish a stream",
     [](R& r) {
       Message message = whole_message();
       message.timestamp = {};
       r.backend.stream_store().finish(r.context, writer(r), message, r.options);
     },
     true, 2},
    {"take over a stream",
     [](R& r) {
       CHECK(r.backend.stream_store().take_over(r.context, "child " + r.id, {1, 1}).writer == 2);
     }},
    {"interrupted streams", [](R& r) { static_cast<void>(r.backend.stream_store().interrupted(r.context, r.page)); }},
};

}  // namespace operations
