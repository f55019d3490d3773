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

/// The statements around a unit of work. Settings last until the end of the transaction, as a pooler may assign the
/// server's session to another client after it.
struct ControlStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, Arguments...>;
  using Text = std::string_view;

  /// All statements of the transaction read one snapshot.
  Statement<> begin_read{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
  Statement<> commit{"COMMIT"};
  Statement<> rollback{"ROLLBACK"};
  /// Parameters: search path, user.
  Statement<Text, Text> identify{"SELECT set_config('search_path', ?1, true), set_config('heddle.user_id', ?2, true)"};
  /// Parameters: search path, user, time limit of a statement and of a wait for a lock in milliseconds.
  Statement<Text, Text, Text> identify_until{
      "SELECT set_config('search_path', ?1, true), set_config('heddle.user_id', ?2, true), "
      "set_config('statement_timeout', ?3, true), set_config('lock_timeout', ?3, true), " +
      warnings()};
  /// For calls that may be cancelled: makes the server send warnings, whatever the role's setting. Pipeline needs them.
  Statement<> hear_warnings{"SELECT " + warnings()};
  sql::Statement<std::int64_t> ping{"SELECT 1"};
  /// Returns the identity of the database: unique among all servers, except copies of their files.
  sql::Statement<std::string> place{
      "SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) "
      "FROM pg_control_system()"};
  sql::Statement<std::int64_t> schema_version{"SELECT coalesce(max(version), 0) FROM heddle_migrations"};

 private:
  static std::string warnings() { return "set_config('client_min_messages', 'warning', true)"; }
};

/// The statements for idempotency keys: a key is claimed before the work of a call and completed after it.
struct ClaimStatements {
  using Text = std::string_view;

  /// Parameters: user, key, session or null, operation, fingerprint, time. Returns no row if the key is used. Waits for
  /// a concurrent transaction that claims it.
  sql::Statement<std::int64_t, Text, Text, std::optional<Text>, Text, Text, Timestamp> claim{
      "INSERT INTO idempotency_keys (user_id, key, session_id, operation, fingerprint, answer_number, answer_text, "
      "created_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6) ON CONFLICT (user_id, key) DO NOTHING RETURNING 1"};
  /// Parameters: user, key. Returns the Answer of the first use. Locks the row, which is a write: so the commit waits
  /// for the same standbys as the commit of the first use.
  sql::Statement<sql::EarlierAnswer, Text, Text> recall{sql::IdempotencyStatements::find_where("g.user_id = ?1 AND ") +
                                                        " FOR KEY SHARE"};
  /// Parameters: user, key, text of the Answer. Its number was stored in a setting by the statement that returned it.
  sql::Statement<sql::NoRow, Text, Text, Text> remember{
      "UPDATE idempotency_keys SET answer_number = "
      "coalesce(nullif(current_setting('heddle.answer', true), ''), '0')::bigint, answer_text = ?3 "
      "WHERE user_id = ?1 AND key = ?2"};
};

}  // namespace heddle::postgres
