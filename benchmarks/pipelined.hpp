#pragma once

#include "heddle/model/message.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// The limit of the comparison: the schema of OneByOne by libpq alone, with prepared statements and all statements of
/// an operation in one pipeline, so in one round trip.
class Pipelined {
 public:
  explicit Pipelined(const std::string& dsn) : connection_(::PQconnectdb(dsn.c_str()), &::PQfinish) {
    if (::PQstatus(connection_.get()) != CONNECTION_OK) { fail(); }
    prepare("begin", "BEGIN");
    prepare("commit", "COMMIT");
    prepare("identify", "SELECT set_config('app.current_user_id', $1, true)");
    prepare("insert",
            "INSERT INTO messages (session_id, user_id, role, content, tool_use_id, session_context, agent_id, "
            "timestamp, token_count, cost_usd) "
            "VALUES ($1, $2, 'user', $3, '', 'direct', '', to_timestamp($4::float8 / 1000000), 0, 0)");
    prepare("insert_all",
            "INSERT INTO messages (session_id, user_id, role, content, tool_use_id, session_context, agent_id, "
            "timestamp, token_count, cost_usd) "
            "SELECT $1, $2, role, content, '', context, '', to_timestamp($6::float8 / 1000000), tokens, 0 "
            "FROM unnest($3::text[], $4::text[], $5::text[], $7::bigint[]) AS u (role, content, context, tokens)");
    prepare("touch", "UPDATE sessions SET updated_at = to_timestamp($2::float8 / 1000000) WHERE id = $1");
    prepare("session", "SELECT id FROM sessions WHERE id = $1 AND deleted_at IS NULL");
    prepare("messages",
            "SELECT role, content, tool_use_id, session_context, agent_id, "
            "(date_part('epoch', timestamp) * 1000000)::bigint, token_count, cost_usd, id "
            "FROM messages WHERE session_id = $1 AND deleted_at IS NULL ORDER BY timestamp");
    if (::PQenterPipelineMode(connection_.get()) != 1) { fail(); }
  }

  void save(const std::string& user, const std::string& session, const std::string& content) {
    const std::string time = std::to_string(heddle::microseconds_of(heddle::now()));
    send("begin", {});
    send("identify", {user.c_str()});
    send("insert", {session.c_str(), user.c_str(), content.c_str(), time.c_str()});
    send("touch", {session.c_str(), time.c_str()});
    send("commit", {});
    sync();
    for (int index = 0; index < 5; ++index) { static_cast<void>(receive()); }
    finish();
  }

  /// Saves messages of these texts by one statement that gets lists of values.
  void save_all(const std::string& user, const std::string& session, const std::vector<std::string>& texts) {
    const std::string time = std::to_string(heddle::microseconds_of(heddle::now()));
    const std::string roles = list_of(std::vector<std::string>(texts.size(), "user"));
    const std::string contexts = list_of(std::vector<std::string>(texts.size(), "direct"));
    const std::string tokens = list_of(std::vector<std::string>(texts.size(), "0"));
    const std::string contents = list_of(texts);
    send("begin", {});
    send("identify", {user.c_str()});
    send("insert_all", {session.c_str(), user.c_str(), roles.c_str(), contents.c_str(), contexts.c_str(), time.c_str(),
                        tokens.c_str()});
    send("touch", {session.c_str(), time.c_str()});
    send("commit", {});
    sync();
    for (int index = 0; index < 5; ++index) { static_cast<void>(receive()); }
    finish();
  }

  [[nodiscard]] std::vector<heddle::Message> load(const std::string& user, const std::string& session) {
    send("begin", {});
    send("identify", {user.c_str()});
    send("session", {session.c_str()});
    send("messages", {session.c_str()});
    send("commit", {});
    sync();
    for (int index = 0; index < 3; ++index) { static_cast<void>(receive()); }
    const Result rows = receive();
    static_cast<void>(receive());
    finish();
    std::vector<heddle::Message> messages(static_cast<std::size_t>(::PQntuples(rows.get())));
    for (int row = 0; row < ::PQntuples(rows.get()); ++row) {
      heddle::Message& message = messages[static_cast<std::size_t>(row)];
      const auto text = [&](int column) {
        return std::string(::PQgetvalue(rows.get(), row, column),
                           static_cast<std::size_t>(::PQgetlength(rows.get(), row, column)));
      };
      message.role = heddle::parse_enum<heddle::Role>(text(0)).value();
      message.content = text(1);
      message.tool_use_id = text(2);
      message.session_context = heddle::parse_enum<heddle::SessionContext>(text(3)).value();
      message.agent_id = text(4);
      message.timestamp = heddle::Timestamp(std::chrono::microseconds(std::atoll(::PQgetvalue(rows.get(), row, 5))));
      message.token_count = std::atoll(::PQgetvalue(rows.get(), row, 6));
      message.cost_usd = std::strtod(::PQgetvalue(rows.get(), row, 7), nullptr);
      message.sequence = std::atoll(::PQgetvalue(rows.get(), row, 8));
    }
    return messages;
  }

 private:
  using Result = std::unique_ptr<PGresult, decltype(&::PQclear)>;

  /// Returns an array of PostgreSQL as text.
  static std::string list_of(const std::vector<std::string>& texts) {
    std::string list = "{";
    for (const std::string& text : texts) {
      list += list.size() > 1 ? ",\"" : "\"";
      for (const char character : text) {
        if (character == '"' || character == '\\') { list += '\\'; }
        list += character;
      }
      list += '"';
    }
    return list += '}';
  }

  [[noreturn]] void fail() const { throw std::runtime_error(::PQerrorMessage(connection_.get())); }

  void prepare(const char* name, const char* sql) {
    const Result result(::PQprepare(connection_.get(), name, sql, 0, nullptr), &::PQclear);
    if (::PQresultStatus(result.get()) != PGRES_COMMAND_OK) { fail(); }
  }
  void send(const char* name, std::initializer_list<const char*> values) {
    if (::PQsendQueryPrepared(connection_.get(), name, static_cast<int>(values.size()), values.begin(), nullptr,
                              nullptr, 0) != 1) {
      fail();
    }
  }
  void sync() {
    if (::PQpipelineSync(connection_.get()) != 1) { fail(); }
  }
  /// Returns the result of the next statement.
  Result receive() {
    Result result(::PQgetResult(connection_.get()), &::PQclear);
    const auto status = ::PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) { fail(); }
    while (PGresult* const end = ::PQgetResult(connection_.get())) { ::PQclear(end); }
    return result;
  }
  /// Takes the end of the pipeline.
  void finish() {
    const Result result(::PQgetResult(connection_.get()), &::PQclear);
    if (::PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) { fail(); }
  }

  std::unique_ptr<PGconn, decltype(&::PQfinish)> connection_;
};

}  // namespace benchmarks
