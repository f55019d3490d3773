// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/found_row.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/tool_calls.hpp"
#include "heddle/sql/statements/updated_at.hpp"
#include "heddle/sql/statements/usage.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for messages that all backends share. The key of a message differs between backends.
template <class Sql>
struct MessageStatements {
  using Text = std::string_view;

  /// Members of a Message, besides its content, that are stored with the values of the caller.
  using Verbatim = Without<All<Message>, &Message::content, &Message::content_blocks, &Message::tool_calls,
                           &Message::tool_use_id, &Message::tool_result, &Message::parts, &Message::timestamp,
                           &Message::token_count, &Message::cost_usd, &Message::session_id, &Message::redacted,
                           &Message::state, &Message::sequence, &Message::folded_first, &Message::folded_last>;
  /// The counts that are also added to the totals of the session.
  using Usage = Only<&Message::token_count, &Message::cost_usd>;
  /// Members with columns; the others come from the key and the session.
  using Stored = Join<MessageContent, Verbatim, Only<&Message::timestamp>, Usage>;

  /// Parameters: user, session, number and sums of the messages. Reserves that many sequence numbers and returns the
  /// new end of the session. Locks the session until the end of the transaction, so that numbers become visible in
  /// order and without gaps.
  Statement<std::int64_t, Text, Text, Fields<NewMessages>> take_sequence{
      take(placeholder<NewMessages, &NewMessages::count>(3), placeholder<NewMessages, &NewMessages::saved_at>(3),
           placeholder<NewMessages, &NewMessages::tokens>(3), placeholder<NewMessages, &NewMessages::cost_usd>(3)) +
      " RETURNING " + session_end::packed("branch", "last_sequence")};

  /// A search. Parameters: user, words, session or null, agent or null, set of roles as of windows, time from which on
  /// or null, time before which or null, whether the newest come first, whether one term is enough, number of matches
  /// to rank, limit, offset.
  using SearchStatement =
      Statement<FoundRow, Text, Text, std::optional<Text>, std::optional<Text>, std::int64_t, std::optional<Timestamp>,
                std::optional<Timestamp>, bool, bool, std::int64_t, std::int64_t, std::int64_t>;

  /// The statements of the sums of usage: groups of their own, so that only files that use them compile them.
  using UsageSums = UsageSumStatements<Sql>;
  using UsageLists = UsageListStatements<Sql>;
  /// The same for calls of tools and their results.
  using ToolLinks = ToolLinkStatements<Sql>;
  using ToolCalls = ToolCallStatements<Sql>;

 protected:
  /// For UPDATE: removes the content of a message, and what it was about, for a reason.
  static std::string redact(std::string_view reason) {
    return std::string(
               "UPDATE messages AS m SET content = '', content_blocks = NULL, tool_calls = NULL, tool_use_id = '', "
               "tool_result = NULL, parts = NULL, metadata = NULL, stream = NULL, redacted = ")
        .append(reason);
  }
  static std::string take(std::string_view count, std::string_view time, std::string_view tokens,
                          std::string_view cost) {
    return std::string("UPDATE sessions SET last_sequence = last_sequence + ")
        .append(count)
        .append(", updated_at = " + updated<Sql>(time) + ", total_tokens = total_tokens + ")
        .append(tokens)
        .append(", total_cost_usd = total_cost_usd + ")
        .append(cost)
        .append(" WHERE user_id = ?1 AND id = ?2" + Sql::shown("sessions"));
  }
};

}  // namespace heddle::sql
