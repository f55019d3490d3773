// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/turn_rows.hpp"
#include "heddle/stores/announcements.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/detail/streams.hpp"
#include "heddle/stores/detail/tool_links.hpp"
#include "heddle/stores/detail/waiting.hpp"
#include "heddle/stores/detail/whole_messages.hpp"
#include "heddle/stores/message_stream_store.hpp"
#include "heddle/stores/session_store_messages.ipp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heddle {
namespace stores::detail {

template <class Policy>
[[nodiscard]] const auto& stream_statements() {
  return sql::statements<typename Policy::Dialect::Streams>();
}

/// Wakes the calls that wait for a message.
template <class Policy, class Passage>
void tell_growth(Passage& passage, Waiters<Policy>& waiters, const MessageStream& stream) {
  waiters.changes.notify(topic_of(passage.user_id(), growth_of(stream.session_id, stream.at)));
}

}  // namespace stores::detail

template <class Policy, class Tracer>
MessageStream MessageStreamStore<Policy, Tracer>::begin(const Context& context, const std::string& session_id,
                                                        const Message& message, const AppendOptions& options,
                                                        std::chrono::milliseconds silence) {
  return gateway_.run(context, Operation::begin_stream, [&](auto& passage) {
    stores::detail::check_begin(message, silence);
    Message dated = message;
    dated.timestamp = or_now(message.timestamp);
    const stores::detail::MessageWriter<Policy> writer(session_id, {&dated, 1}, options);
    const stores::detail::MessageWriter<Policy> asked(session_id, {&message, 1}, options);
    const auto& sql = stores::detail::stream_statements<Policy>();
    const Answer answer = passage.write_once(
        options.idempotency_key, session_id,
        [&] { return sql::Fingerprint().add(std::string_view(asked.fingerprint())).add(silence).hex(); },
        [&](auto& tx) {
          writer(tx);
          tx.run(sql.mark, tx.user_id(), session_id);
          tx.run(sql.insert, tx.user_id(), session_id, std::chrono::microseconds(silence).count(), now());
        });
    const SequenceRange range = writer.range(answer);
    if (answer.hidden) { throw stores::detail::rewound_away.of(session_id).error(); }
    MessageStream stream{.session_id = session_id, .at = {range.branch, range.last}, .begun_at = dated.timestamp};
    if (answer.repeated) {
      auto stored = passage.read([&](auto& tx) {
        return tx.require(stores::detail::is_finished.of(session_id), sql.find, tx.user_id(), session_id,
                          stream.at.branch, stream.at.sequence);
      });
      stream.text = std::move(stored.text);
      stream.begun_at = stored.begun_at;
    } else if constexpr (std::remove_reference_t<decltype(passage)>::counts_messages) {
      passage.stored(1);
    }
    return stream;
  });
}

template <class Policy, class Tracer>
void MessageStreamStore<Policy, Tracer>::append(const Context& context, MessageStream& stream, std::string_view text) {
  gateway_.run(context, Operation::append_to_stream, [&](auto& passage) {
    stores::detail::check_append(stream, text);
    const auto& sql = stores::detail::stream_statements<Policy>();
    const auto offset = static_cast<std::int64_t>(stream.text.size());
    const auto length = static_cast<std::int64_t>(text.size());
    passage.write([&](auto& tx) {
      const auto user = tx.user_id();
      const std::int64_t branch = stream.at.branch;
      const std::int64_t sequence = stream.at.sequence;
      auto held = tx.require(stores::detail::not_its_writer.of(stream.session_id), sql.hold, user, stream.session_id,
                             branch, sequence, stream.writer);
      if (text.empty()) {
        tx.run(sql.touch, user, stream.session_id, branch, sequence, now());
      } else {
        tx.require(stores::detail::other_text.of(stream.session_id), sql.insert_chunk, user, stream.session_id, branch,
                   sequence, offset, text);
        tx.run(sql.grow, user, stream.session_id, branch, sequence, offset, length, now());
      }
      return held;
    });
    stream.text.append(text);
    stores::detail::tell_growth(passage, waiters_, stream);
    const auto present = Context::Clock::now();
    if (present - stream.announced >= stores::detail::between_announcements) {
      stream.announced = present;
      stores::announce<Policy>(passage, stores::detail::growth_of(stream.session_id, stream.at));
    }
  });
}

template <class Policy, class Tracer>
void MessageStreamStore<Policy, Tracer>::finish(const Context& context, const MessageStream& stream,
                                                const Message& message, const WriteOptions& options) {
  stores::detail::compile_search_parts<Policy>();
  gateway_.run(context, Operation::finish_stream, [&](auto& passage) {
    using Sql = typename Policy::Dialect::Streams;
    stores::detail::check_place(stream.session_id, stream.at);
    const Message whole = stores::detail::whole_message(stream, message);
    const stores::detail::MessageWriter<Policy> checked(stream.session_id, {&whole, 1}, {});
    const auto& sql = stores::detail::stream_statements<Policy>();
    passage.write_once(
        options.idempotency_key, stream.session_id,
        [&] {
          return sql::Fingerprint()
              .add(std::string_view(checked.fingerprint()))
              .add(stream.at.branch)
              .add(stream.at.sequence)
              .hex();
        },
        [&](auto& tx) {
          const auto user = tx.user_id();
          const std::string& session = stream.session_id;
          const std::int64_t branch = stream.at.branch;
          const std::int64_t sequence = stream.at.sequence;
          const Timestamp present = now();
          heddle::sql::StoredContent<Message> content;
          const sql::Fields<sql::MessageContent> columns{content.of(whole)};
          const sql::Fields<Message, typename Sql::Counts> counts{whole};
          // The session first, as other changes do: it cannot be hidden or deleted meanwhile.
          tx.require(stores::detail::not_its_writer.of(session), stores::detail::branch_statements<Policy>().hold, user,
                     session);
          tx.require(stores::detail::not_its_writer.of(session), sql.hold, user, session, branch, sequence,
                     stream.writer);
          if (stores::detail::is_content_of_stream(message)) {
            tx.require(stores::detail::other_length.of(session), sql.has_length, user, session, branch, sequence,
                       static_cast<std::int64_t>(stream.text.size()));
          }
          tx.require(stores::detail::not_its_writer.of(session), sql.finish, user, session, branch, sequence, columns,
                     sql::Fields<Message, typename Sql::Finished>{whole}, counts, content.searched(whole));
          tx.run(sql.remove, user, session, branch, sequence);
          tx.run(sql.add_totals, user, session, present, counts);
          stores::detail::for_each_link(whole,
                                        [&](std::int64_t position, std::string_view call_id, std::int64_t result) {
                                          tx.run(sql.link, user, session, branch, sequence, position, call_id, result);
                                        });
          stores::detail::UsageWriter<Policy, std::remove_reference_t<decltype(tx)>> sums(tx, session);
          sums.add(whole, whole.timestamp);
          sums.flush();
        });
    stores::detail::tell_growth(passage, waiters_, stream);
    stores::announce<Policy>(passage, stores::detail::growth_of(stream.session_id, stream.at));
  });
}

template <class Policy, class Tracer>
MessageStream MessageStreamStore<Policy, Tracer>::take_over(const Context& context, const std::string& session_id,
                                                            const SessionEnd& at) {
  return gateway_.run(context, Operation::take_over_stream, [&](auto& passage) {
    stores::detail::check_place(session_id, at);
    const auto& sql = stores::detail::stream_statements<Policy>();
    auto stored = passage.write([&](auto& tx) {
      tx.run(sql.take_over, tx.user_id(), session_id, at.branch, at.sequence, now());
      return tx.require(stores::detail::not_being_written.of(session_id), sql.find, tx.user_id(), session_id, at.branch,
                        at.sequence);
    });
    return MessageStream{.session_id = session_id,
                         .at = at,
                         .writer = stored.writer,
                         .text = std::move(stored.text),
                         .begun_at = stored.begun_at};
  });
}

template <class Policy, class Tracer>
StreamGrowth MessageStreamStore<Policy, Tracer>::wait(const Context& context, const std::string& session_id,
                                                      const SessionEnd& at, std::int64_t seen) {
  return gateway_.run(context, Operation::wait_for_stream, [&](auto& passage) {
    stores::detail::check_place(session_id, at);
    if (seen < 0) { validation::refuse("seen", "is negative"); }
    auto& changes = waiters_.changes;
    stores::subscribe_to_changes<Policy>(passage, changes, waiters_.remote_topics);
    // `close` waits for this call, so it must wake it.
    const std::stop_callback wake(passage.lifecycle().close_token(), [&changes] { changes.notify_all(); });
    const std::string name = stores::detail::growth_of(session_id, at);
    const std::string topic = stores::detail::topic_of(passage.user_id(), name);
    stores::RemoteWait<Policy> remote(waiters_.remote_topics, {&topic, 1});
    for (;;) {
      // Read before the message: growth that is committed after the read must not be missed.
      const std::uint64_t version = changes.version(topic);
      if (passage.lifecycle().is_closed()) {
        throw Error(ErrorCode::failed_precondition, "the backend was closed while the call waited for a message");
      }
      auto next_look = Context::Clock::now() + stores::detail::look_again_after_failure;
      try {
        StreamGrowth growth = stores::detail::unseen(passage.read([&](auto& tx) {
          return tx.require(stores::detail::no_such_message.of(session_id),
                            stores::detail::stream_statements<Policy>().growth, tx.user_id(), session_id, at.branch,
                            at.sequence, seen);
        }),
                                                     seen);
        if (growth.state != MessageState::streaming || growth.bytes > seen) { return growth; }
        // Growth in between was not heard, so the message is read again.
        if (remote.begin(passage, {&name, 1})) { continue; }
        next_look = Context::Clock::now() +
                    (remote.hears(passage) ? stores::detail::look_for_growth : stores::detail::look_again);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::unavailable) { throw; }
      }
      changes.wait(context, topic, version, next_look);
      context.check();
    }
  });
}

template <class Policy, class Tracer>
Page<InterruptedMessage> MessageStreamStore<Policy, Tracer>::interrupted(const Context& context,
                                                                         const PageRequest& request) {
  return gateway_.run(context, Operation::interrupted_streams, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::interrupted_streams, request, sql::default_limit, {});
    return passage.read([&](auto& tx) {
      auto rows = tx.page(stores::detail::stream_statements<Policy>().list_interrupted, tx.user_id(), page.rows(),
                          page.offset());
      return [rows = std::move(rows), &page]() mutable {
        Page<sql::StoredInterruption> stored = page.of_offset(rows());
        Page<InterruptedMessage> messages{{}, std::move(stored.next)};
        messages.items.reserve(stored.items.size());
        for (sql::StoredInterruption& each : stored.items) {
          messages.items.push_back(
              {std::move(each.session_id), {each.branch, each.sequence}, each.bytes, each.last_append_at});
        }
        return messages;
      };
    });
  });
}

}  // namespace heddle
