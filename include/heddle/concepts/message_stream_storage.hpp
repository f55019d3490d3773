#pragma once

#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_stream.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle {

/// Messages that are stored while a model writes them. A message is begun, grows by appends, and is finished. From its
/// beginning on it is a message of its session (SessionStorage): it has a sequence number, and every read returns it
/// with the text so far as `content` and its `state`. Other messages can be appended behind it meanwhile. It is found
/// by searches when it is finished.
///
/// Every operation works for the tenant of the Context only; a session of another tenant behaves like one that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. Many
/// threads may call all operations at once, each with a MessageStream of its own.
///
///  - `begin` appends an empty message with the role, session context, agent and timestamp that are given, and no other
///    members; the errors are those of `save_message`. `silence`, 1 ms to 1 day, is the time without an append after
///    which the message reads as `interrupted`, even if its process has died. A repeat of its idempotency key returns
///    the same writer, fenced or not, with what is stored by now in `text`; throws `failed_precondition` if the message
///    is finished, and `conflict` if it was rewound.
///  - `append` stores a text behind `stream.text`, and adds it to that. It writes the text and one short row, however
///    long the message is. Call it again with the same text after an error that was in doubt: a text that is stored at
///    its offset already changes nothing. An empty text only says that the writer is alive. Texts are UTF-8 without
///    NUL, so a text ends between two characters; together they have at most `limits::text` bytes. Throws `conflict` if
///    another writer has taken the message over, if it is finished, redacted or deleted, and if it has another length
///    or another text at this offset.
///  - `finish` makes the message whole, with all members that are given but role, session context, agent and timestamp,
///    which it keeps. If neither content nor parts are given, the content is what was appended. Adds its tokens and
///    cost to the totals of the session, and its usage to the sums, as `save_message` does. Throws like `append`; with
///    an idempotency key a repeat changes nothing.
///  - `take_over` makes a new writer of a message that is not finished, whatever its state; earlier writers get
///    `conflict` from then on. `at` is a branch of the session that has the message, and its sequence number: also
///    one that shares it. Throws `not_found` if no message is being written there.
///  - `wait` blocks until the message is longer than `seen` bytes, or no longer `streaming`, and returns what it saw.
///    Growth through the same backend wakes it at once, growth by another process within about 250 ms. Throws
///    `not_found` if there is no such message, `deadline_exceeded` and `cancelled` as the Context says, and
///    `failed_precondition` as soon as the backend is closed.
///  - `interrupted` returns the messages of all sessions that are interrupted, the longest silence first; a page
///    continues by its number of rows.
///
/// The times of appends are those of the database server, if there is one. A rewind does not end a stream: the message
/// grows on in its hidden branch. Sessions that share a message share its growth. Deleting or hiding its session fences
/// its writer; another session that has the message can take it over.
template <class T>
concept MessageStreamStorage = requires(T& store, const Context& context, const std::string& session_id,
                                        const Message& message, MessageStream& stream, std::string_view text,
                                        const SessionEnd& at, std::int64_t seen, std::chrono::milliseconds silence,
                                        const PageRequest& page, const WriteOptions& options,
                                        const AppendOptions& append) {
  { store.begin(context, session_id, message, append, silence) } -> std::same_as<MessageStream>;
  store.append(context, stream, text);
  store.finish(context, stream, message, options);
  { store.take_over(context, session_id, at) } -> std::same_as<MessageStream>;
  { store.wait(context, session_id, at, seen) } -> std::same_as<StreamGrowth>;
  { store.interrupted(context, page) } -> std::same_as<Page<InterruptedMessage>>;
};

}  // namespace heddle
