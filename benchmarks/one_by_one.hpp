#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// The baseline of the comparison: a schema and prepared statements as servers commonly have them, with row security,
/// run one after the other through libpqxx. Saving a message and loading a session take five round trips each.
class OneByOne {
 public:
  /// Returns the SQL that a superuser runs once in a database. `role` sees rows under row security.
  static std::string schema(const std::string& role) {
    return R"sql(
      CREATE SCHEMA one_by_one;
      SET LOCAL search_path = one_by_one;
      CREATE TABLE sessions (
        id text PRIMARY KEY, user_id text NOT NULL, name text, agent_id text,
        parent_session_id text REFERENCES sessions (id), context_json jsonb, created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL, total_cost_usd numeric(18,8) DEFAULT 0, total_tokens bigint DEFAULT 0,
        deleted_at timestamptz);
      CREATE INDEX ON sessions (agent_id);
      CREATE INDEX ON sessions (parent_session_id);
      CREATE INDEX ON sessions (updated_at);
      CREATE TABLE messages (
        id bigserial PRIMARY KEY, session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        user_id text NOT NULL, role text NOT NULL, content text NOT NULL, tool_calls_json jsonb, tool_use_id text,
        tool_result_json jsonb, session_context text NOT NULL DEFAULT 'direct', agent_id text,
        timestamp timestamptz NOT NULL, token_count bigint DEFAULT 0, cost_usd numeric(18,8) DEFAULT 0,
        deleted_at timestamptz,
        content_search tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED);
      CREATE INDEX ON messages (session_id);
      CREATE INDEX ON messages (session_context);
      CREATE INDEX ON messages (agent_id);
      CREATE INDEX ON messages (session_id, timestamp);
      CREATE INDEX ON messages (user_id);
      CREATE INDEX ON messages USING gin (content_search);
      ALTER TABLE sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON sessions USING (user_id = current_setting('app.current_user_id', true))
        WITH CHECK (user_id = current_setting('app.current_user_id', true));
      CREATE POLICY tenant ON messages USING (user_id = current_setting('app.current_user_id', true))
        WITH CHECK (user_id = current_setting('app.current_user_id', true));)sql"
           " GRANT USAGE ON SCHEMA one_by_one TO " +
           role + "; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA one_by_one TO " + role +
           "; GRANT USAGE ON ALL SEQUENCES IN SCHEMA one_by_one TO " + role;
  }

  explicit OneByOne(const std::string& dsn) : connection_(dsn) {
    connection_.prepare("identify", "SELECT set_config('app.current_user_id', $1, true)");
    connection_.prepare("new_session",
                        "INSERT INTO sessions (id, user_id, created_at, updated_at) VALUES ($1, $2, now(), now())");
    connection_.prepare(
        "insert",
        "INSERT INTO messages (session_id, user_id, role, content, tool_calls_json, tool_use_id, tool_result_json, "
        "session_context, agent_id, timestamp, token_count, cost_usd) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::float8 / 1000000), $11, $12)");
    connection_.prepare("touch", "UPDATE sessions SET updated_at = to_timestamp($2::float8 / 1000000) WHERE id = $1");
    connection_.prepare("session",
                        "SELECT id, name, agent_id, parent_session_id, context_json, "
                        "(date_part('epoch', created_at) * 1000000)::bigint, "
                        "(date_part('epoch', updated_at) * 1000000)::bigint, total_cost_usd, total_tokens "
                        "FROM sessions WHERE id = $1 AND deleted_at IS NULL");
    const std::string columns =
        "SELECT role, content, tool_calls_json, tool_use_id, tool_result_json, session_context, agent_id, "
        "(date_part('epoch', timestamp) * 1000000)::bigint, token_count, cost_usd, id "
        "FROM messages WHERE deleted_at IS NULL AND ";
    connection_.prepare("messages", columns + "session_id = $1 ORDER BY timestamp");
    connection_.prepare("last", columns + "session_id = $1 ORDER BY timestamp DESC LIMIT $2");
    const std::string best = "ORDER BY ts_rank(content_search, plainto_tsquery('english', $1)) DESC LIMIT $2";
    connection_.prepare("search", columns + "content_search @@ plainto_tsquery('english', $1) " + best);
    connection_.prepare("search_in",
                        columns + "content_search @@ plainto_tsquery('english', $1) AND session_id = $3 " + best);
    connection_.prepare("delete", "DELETE FROM sessions WHERE id = $1");
  }

  void save_session(const std::string& user, const std::string& id) {
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    execute(transaction, "new_session", id, user);
    transaction.commit();
  }

  void save_message(const std::string& user, const std::string& session, const heddle::Message& message) {
    const std::int64_t time = heddle::microseconds_of(heddle::now());
    const std::optional<std::string> nothing;
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    execute(transaction, "insert", session, user, std::string(heddle::to_string(message.role)), message.content,
            nothing, message.tool_use_id, nothing, std::string(heddle::to_string(message.session_context)),
            message.agent_id, time, message.token_count, message.cost_usd);
    execute(transaction, "touch", session, time);
    transaction.commit();
  }

  [[nodiscard]] heddle::Session load_session(const std::string& user, const std::string& id) {
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    const pqxx::result sessions = execute(transaction, "session", id);
    const pqxx::result messages = execute(transaction, "messages", id);
    transaction.commit();
    heddle::Session session;
    session.id = text(sessions[0][0]);
    session.name = text(sessions[0][1]);
    session.agent_id = text(sessions[0][2]);
    session.created_at = time(sessions[0][5]);
    session.updated_at = time(sessions[0][6]);
    session.total_cost_usd = sessions[0][7].as<double>();
    session.total_tokens = sessions[0][8].as<std::int64_t>();
    session.messages.items = read(messages);
    return session;
  }

  /// Saves messages of these texts, one INSERT after the other in one transaction.
  void save_all(const std::string& user, const std::string& session, const std::vector<std::string>& texts) {
    const std::optional<std::string> nothing;
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    std::int64_t time = heddle::microseconds_of(heddle::now());
    for (const std::string& text : texts) {
      execute(transaction, "insert", session, user, std::string("user"), text, nothing, std::string(), nothing,
              std::string("direct"), std::string(), ++time, std::int64_t{0}, 0.0);
    }
    transaction.commit();
  }

  /// Returns the newest messages of a session, the newest first.
  [[nodiscard]] std::vector<heddle::Message> last(const std::string& user, const std::string& session, int limit) {
    return find(user, "last", session, limit);
  }
  /// Returns the messages that have all words, the best match first.
  [[nodiscard]] std::vector<heddle::Message> search(const std::string& user, const std::string& words, int limit) {
    return find(user, "search", words, limit);
  }
  /// Returns those of a session.
  [[nodiscard]] std::vector<heddle::Message> search_in(const std::string& user, const std::string& session,
                                                       const std::string& words, int limit) {
    return find(user, "search_in", words, limit, session);
  }

  void delete_session(const std::string& user, const std::string& session) {
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    execute(transaction, "delete", session);
    transaction.commit();
  }

 private:
  static std::vector<heddle::Message> read(const pqxx::result& rows) {
    std::vector<heddle::Message> messages;
    messages.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) {
      heddle::Message message;
      message.role = heddle::parse_enum<heddle::Role>(row[0].c_str()).value();
      message.content = text(row[1]);
      message.tool_use_id = text(row[3]);
      message.session_context = heddle::parse_enum<heddle::SessionContext>(row[5].c_str()).value();
      message.agent_id = text(row[6]);
      message.timestamp = time(row[7]);
      message.token_count = row[8].as<std::int64_t>();
      message.cost_usd = row[9].as<double>();
      message.sequence = row[10].as<std::int64_t>();
      messages.push_back(std::move(message));
    }
    return messages;
  }

  template <class... Arguments>
  std::vector<heddle::Message> find(const std::string& user, const char* statement, const Arguments&... arguments) {
    pqxx::work transaction(connection_);
    execute(transaction, "identify", user);
    const pqxx::result messages = execute(transaction, statement, arguments...);
    transaction.commit();
    return read(messages);
  }

  template <class... Arguments>
  static pqxx::result execute(pqxx::work& transaction, const char* statement, const Arguments&... arguments) {
#if PQXX_VERSION_MAJOR >= 7
    return transaction.exec(pqxx::prepped(statement), pqxx::params(arguments...));
#else
    return transaction.exec_prepared(statement, arguments...);
#endif
  }

  template <class Field>
  static std::string text(const Field& field) {
    return {field.c_str(), field.size()};
  }
  template <class Field>
  static heddle::Timestamp time(const Field& field) {
    return heddle::Timestamp(std::chrono::microseconds(field.template as<std::int64_t>()));
  }

  pqxx::connection connection_;
};

}  // namespace benchmarks
