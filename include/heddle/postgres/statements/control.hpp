// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/idempotency.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// What goes before and behind the statements of a unit of work. Settings hold to the end of the transaction: a pooler
/// may give the server's session to somebody else behind it.
struct ControlStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, Arguments...>;
  using Text = std::string_view;

  /// One state of the database for all statements.
  Statement<> begin_read{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
  Statement<> commit{"COMMIT"};
  Statement<> rollback{"ROLLBACK"};
  /// search path, user.
  Statement<Text, Text> identify{"SELECT set_config('search_path', ?1, true), set_config('heddle.user_id', ?2, true)"};
  /// The same, and milliseconds that a statement, and its wait for a lock, may take.
  Statement<Text, Text, Text> identify_until{
      "SELECT set_config('search_path', ?1, true), set_config('heddle.user_id', ?2, true), "
      "set_config('statement_timeout', ?3, true), set_config('lock_timeout', ?3, true), " +
      warnings()};
  /// For calls that may be cut short: whatever the role's setting, the server must be able to warn of it, see Pipeline.
  Statement<> hear_warnings{"SELECT " + warnings()};
  sql::Statement<std::int64_t> ping{"SELECT 1"};
  /// Which database it is, of all databases of all servers but for copies of their files.
  sql::Statement<std::string> place{
      "SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) "
      "FROM pg_control_system()"};
  sql::Statement<std::int64_t> schema_version{"SELECT coalesce(max(version), 0) FROM heddle_migrations"};

 private:
  static std::string warnings() { return "set_config('client_min_messages', 'warning', true)"; }
};

/// Idempotency keys, in two steps around the work that they stand for.
struct ClaimStatements {
  using Text = std::string_view;

  /// user, key, session or null, operation, fingerprint, time: nothing if the key is taken. Waits for one who is about
  /// to take it.
  sql::Statement<std::int64_t, Text, Text, std::optional<Text>, Text, Text, Timestamp> claim{
      "INSERT INTO idempotency_keys (user_id, key, session_id, operation, fingerprint, answer_number, answer_text, "
      "created_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6) ON CONFLICT (user_id, key) DO NOTHING RETURNING 1"};
  /// user, key: what the first use answered. It holds the row, which is a write: its commit waits for the standbys that
  /// the first one's had to wait for.
  sql::Statement<sql::EarlierAnswer, Text, Text> recall{sql::statements<sql::IdempotencyStatements>().find.text() +
                                                        " FOR KEY SHARE"};
  /// user, key, text: the number was kept by the statement that found it.
  sql::Statement<sql::NoRow, Text, Text, Text> remember{
      "UPDATE idempotency_keys SET answer_number = "
      "coalesce(nullif(current_setting('heddle.answer', true), ''), '0')::bigint, answer_text = ?3 "
      "WHERE user_id = ?1 AND key = ?2"};
};

}  // namespace heddle::postgres
