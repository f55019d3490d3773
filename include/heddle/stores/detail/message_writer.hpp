// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/frozen.hpp"
#include "heddle/sql/frozen_members.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/tool_links.hpp"
#include "heddle/stores/detail/whole_messages.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/field_path.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace heddle::stores::detail {

inline constexpr Refusal other_sequence{
    ErrorCode::conflict, "the session",
    "has another last sequence number than the expected one: load the newer messages and decide again"};
inline constexpr Refusal other_end{
    ErrorCode::conflict, "the session",
    "does not end where expected: it has newer messages or was rewound; load them and decide again"};

/// Throws `invalid_argument` for an expectation that no session can meet.
inline void check_expected(const AppendOptions& options) {
  if (options.expected_sequence && *options.expected_sequence < 0) {
    validation::refuse("options.expected_sequence", "is negative");
  }
}

/// Refuses the unit of work if the session does not end where the caller expects it to. Precondition: the work has
/// found out that it exists.
template <class Policy, class Transaction>
void require_end(Transaction& tx, const std::string& session_id, const AppendOptions& options) {
  const auto& sql = sql::statements<typename Policy::Dialect::Messages>();
  if (options.expected_sequence) {
    tx.require(other_sequence.of(session_id), sql.expect_end, tx.user_id(), session_id, *options.expected_sequence,
               std::nullopt);
  }
  if (options.expected) {
    tx.require(other_end.of(session_id), sql.expect_end, tx.user_id(), session_id, options.expected->sequence,
               options.expected->branch);
  }
}

/// Writes messages, for `save_message` and `save_messages`.
template <class Policy>
class MessageWriter {
 public:
  MessageWriter(const std::string& session_id, std::span<const Message> messages, const AppendOptions& options)
      : session_id_(session_id), messages_(messages), options_(options) {
    validation::check_id("session_id", session_id);
    validation::check_each("messages", messages);
    const validation::FieldPath list("messages");
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const validation::FieldPath field = list.element(index);
      const Message& message = messages[index];
      validation::check_tokens(field.member("token_count"), message.token_count);
      validation::check_cost(field.member("cost_usd"), message.cost_usd);
      check_whole(field, message);
      tokens_ += message.token_count;
      cost_ += message.cost_usd;
    }
    check_expected(options);
  }

  [[nodiscard]] std::string fingerprint() const { return digest().hex(); }

  /// The unit of work; its Answer is the new end of the session.
  template <class Transaction>
  void operator()(Transaction& tx) const {
    append(tx, now());
  }

  /// Returns the range of sequence numbers in the Answer of this work.
  [[nodiscard]] SequenceRange range(const Answer& answer) const {
    const SessionEnd end = sql::session_end::unpacked(answer.number);
    return {end.sequence - static_cast<std::int64_t>(messages_.size()) + 1, end.sequence, end.branch};
  }

 protected:
  [[nodiscard]] const std::string& session_id() const noexcept { return session_id_; }

  [[nodiscard]] sql::Fingerprint digest() const {
    sql::Fingerprint digest;
    digest.add(std::string_view(session_id_));
    heddle::sql::StoredContent<Message> content;
    for (const Message& message : messages_) {
      if (message.parts.empty()) {
        digest.add(message);
      } else {
        add_whole(digest, content.of(message), message);
      }
    }
    return digest;
  }

  /// Writes the messages; those without a time get the time of the call.
  template <class Transaction>
  void append(Transaction& tx, Timestamp saved_at) const {
    const auto& sql = sql::statements<Messages>();
    const auto user = tx.user_id();
    if (options_.expected_sequence || options_.expected) {
      require_session<Policy>(tx, session_id_);
      require_end<Policy>(tx, session_id_, options_);
    }
    if (append_alone(tx, saved_at)) {
      link_calls<Policy>(tx, session_id_, messages_.front(), 0);
      return add_usage(tx, saved_at);
    }
    const heddle::sql::NewMessages sum{static_cast<std::int64_t>(messages_.size()), saved_at, tokens_, cost_};
    tx.require_as_answer(no_such_session.of(session_id_), sql.take_sequence, user, session_id_,
                         heddle::sql::Fields<heddle::sql::NewMessages>{sum});
    auto behind = static_cast<std::int64_t>(messages_.size());
    heddle::sql::StoredContent<Message> content;
    for (const Message& message : messages_) {
      const Content columns{content.of(message)};
      tx.run(sql.insert, user, session_id_, --behind, columns, Body{message}, time_of(message, saved_at),
             Usage{message}, content.searched(message));
      if constexpr (requires { sql.queue; }) { tx.run(sql.queue, user); }
      link_calls<Policy>(tx, session_id_, message, behind);
    }
    add_usage(tx, saved_at);
  }

  template <class Row>
  static Timestamp time_of(const Row& row, Timestamp saved_at) {
    return row.timestamp == Timestamp{} ? saved_at : row.timestamp;
  }

 private:
  /// Adds a message with parts, whatever the members have that its parts replace. The order must never change.
  static void add_whole(sql::Fingerprint& digest, const sql::MessageContent& columns, const Message& message) {
    digest.add(columns.content).add(columns.tool_calls).add(columns.tool_use_id).add(columns.tool_result);
    digest.add(columns.parts).add(message.role).add(message.session_context).add(message.agent_id);
    digest.add(message.timestamp).add(message.token_count).add(message.cost_usd);
    digest.add_later<sql::Frozen<Message>>(message);
  }

  using Messages = typename Policy::Dialect::Messages;
  using Content = heddle::sql::Fields<heddle::sql::MessageContent>;
  using Body = heddle::sql::Fields<Message, typename Messages::Verbatim>;
  using Usage = heddle::sql::Fields<Message, typename Messages::Usage>;

  /// Writes the message in one statement if there is exactly one and the dialect has such a statement; otherwise
  /// returns false.
  template <class Transaction>
  bool append_alone([[maybe_unused]] Transaction& tx, [[maybe_unused]] Timestamp saved_at) const {
    if constexpr (requires(Messages statements) { statements.append; }) {
      if (messages_.size() != 1) { return false; }
      const Message& message = messages_.front();
      heddle::sql::StoredContent<Message> content;
      const Content columns{content.of(message)};
      tx.require_as_answer(no_such_session.of(session_id_), sql::statements<Messages>().append, tx.user_id(),
                           session_id_, saved_at, columns, Body{message}, time_of(message, saved_at), Usage{message},
                           content.searched(message));
      return true;
    }
    return false;
  }

  /// Adds the messages to the sums of usage.
  template <class Transaction>
  void add_usage(Transaction& tx, Timestamp saved_at) const {
    UsageWriter<Policy, Transaction> sums(tx, session_id_);
    for (const Message& message : messages_) { sums.add(message, time_of(message, saved_at)); }
    sums.flush();
  }

  const std::string& session_id_;
  std::span<const Message> messages_;
  const AppendOptions& options_;
  std::int64_t tokens_ = 0;
  double cost_ = 0;
};

/// Writes messages and tool executions, for `save_turn` and `save_tool_execution`.
template <class Policy>
class TurnWriter : public MessageWriter<Policy> {
  using Base = MessageWriter<Policy>;
  using Sessions = typename Policy::Dialect::Sessions;
  using Execution = heddle::sql::Fields<ToolExecution, typename Sessions::ExecutionVerbatim>;

 public:
  TurnWriter(const std::string& session_id, std::span<const Message> messages,
             std::span<const ToolExecution> executions, const AppendOptions& options)
      : Base(session_id, messages, options), executions_(executions) {
    validation::check_each("executions", executions);
  }

  [[nodiscard]] std::string fingerprint() const {
    sql::Fingerprint digest = this->digest();
    for (const ToolExecution& execution : executions_) { digest.add(execution); }
    return digest.hex();
  }

  /// The unit of work; its Answer is the new end of the session.
  template <class Transaction>
  void operator()(Transaction& tx) const {
    const Timestamp saved_at = now();
    this->append(tx, saved_at);
    const auto& sql = sql::statements<Sessions>();
    for (const ToolExecution& execution : executions_) {
      tx.run(sql.save_execution, tx.user_id(), this->session_id(), Execution{execution},
             Base::time_of(execution, saved_at));
    }
  }

 private:
  std::span<const ToolExecution> executions_;
};

}  // namespace heddle::stores::detail
