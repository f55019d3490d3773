// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/check_config.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/hosts.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"
#include "heddle/postgres/libpq/wait.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::postgres::libpq {

/// Returns where the SQLSTATE begins in a verbose message of the server ("SEVERITY:  SQLSTATE: sentence"); npos if
/// there is none. Finds it by its form, as each language has its own words for the severities.
[[nodiscard]] inline std::size_t find_sqlstate(std::string_view message) noexcept {
  constexpr std::string_view sign = ":  ";
  constexpr std::string_view in_state = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (auto at = message.rfind(sign); at != std::string_view::npos && at != 0; at = message.rfind(sign, at - 1)) {
    const std::string_view rest = message.substr(at + sign.size());
    if (rest.substr(0, sqlstate::size).find_first_not_of(in_state) == std::string_view::npos &&
        rest.substr(std::min(sqlstate::size, rest.size())).starts_with(": ")) {
      return at + sign.size();
    }
  }
  return std::string_view::npos;
}

/// Returns the exception for a connection that failed: with the server's message, without the host and the address that
/// libpq puts before it, or with a sentence of ours for an error of libpq itself.
[[nodiscard]] inline Error connect_error(PGconn* connection) {
  const std::string doing = "connecting to PostgreSQL failed: ";
  const std::string_view message = PQerrorMessage(connection);
  const auto has = [message](std::string_view words) { return message.find(words) != std::string_view::npos; };
  if (const auto at = find_sqlstate(message); at != std::string_view::npos) {
    const std::string_view line = message.substr(at);
    const std::string_view state = line.substr(0, sqlstate::size);
    const std::string_view sentence = line.substr(sqlstate::size + 2);
    return {connect_code_of(state), doing + std::string(sentence.substr(0, sentence.find('\n'))), std::string(state)};
  }
  if (PQconnectionNeedsPassword(connection) != 0) {
    return {ErrorCode::permission_denied, doing + "the server requires a password: add one to the connection string"};
  }
  if (has("invalid port number") || has("invalid integer value") || (has("invalid ") && has(" value: \""))) {
    return {ErrorCode::invalid_argument,
            doing + "the connection string has an invalid value, for port or sslmode for example"};
  }
  if (has("certificate")) {
    return {ErrorCode::failed_precondition, doing + "a certificate was rejected: check sslmode and sslrootcert"};
  }
  if (has("SSL")) {
    return {ErrorCode::failed_precondition, doing + "the TLS handshake failed: check sslmode (ssl_mode)"};
  }
  if (has("host name")) { return {ErrorCode::unavailable, doing + "the host name could not be resolved"}; }
  return {ErrorCode::unavailable, doing + "the server cannot be reached"};
}

/// Throws `failed_precondition` for a server, or a pooler before it, with settings that would change the meaning of the
/// statements.
inline void check_server(PGconn* connection) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::failed_precondition, why); };
  const auto is = [connection](const char* name, std::string_view value) {
    const char* const present = PQparameterStatus(connection, name);
    return present != nullptr && present == value;
  };
  if (PQserverVersion(connection) < 150000) { refuse("the server is older than PostgreSQL 15: upgrade it"); }
  if (!is("client_encoding", "UTF8")) { refuse("client_encoding of the connection is not UTF8"); }
  if (!is("standard_conforming_strings", "on")) {
    refuse("standard_conforming_strings is off on the server: set it to on");
  }
}

/// Throws `invalid_argument` if the setting of this name is not a valid connection string; an empty one is valid. The
/// message does not quote it, as it contains secrets.
inline void check_dsn(std::string_view setting, const std::string& dsn) {
  char* message = nullptr;
  const ConnectionOptions parsed(PQconninfoParse(dsn.c_str(), &message));
  PQfreemem(message);
  if (!parsed) { refuse_setting(setting, "is not a connection string that libpq can parse"); }
}

/// Starts to connect: to one of `hosts`, or of the hosts of the connection string if that is empty.
[[nodiscard]] inline RawConnection begin_connecting(const std::string& dsn, const std::optional<Hosts>& hosts) {
  const std::string names = hosts ? hosts->names() : std::string();
  const std::string addresses = hosts ? hosts->addresses() : std::string();
  const std::string ports = hosts ? hosts->ports() : std::string();
  // The DSN overrides the settings before dbname. libpq ignores empty values.
  static constexpr std::array<const char*, 9> keywords{"fallback_application_name",
                                                       "tcp_user_timeout",
                                                       "keepalives_idle",
                                                       "dbname",
                                                       "client_encoding",
                                                       "host",
                                                       "hostaddr",
                                                       "port",
                                                       nullptr};
  const std::array<const char*, 9> values{"heddle",      "15000",           "60",          dsn.c_str(), "UTF8",
                                          names.c_str(), addresses.c_str(), ports.c_str(), nullptr};
  RawConnection connection(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (!connection) { throw Error(ErrorCode::resource_exhausted, "out of memory for a connection"); }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  // Notices may quote stored content, and libpq would print them.
  PQsetNoticeReceiver(
      connection.get(), [](void* /*unused*/, const PGresult* /*notice*/) {}, nullptr);
  return connection;
}

/// Completes the connection. Returns false if the server does not respond until `give_up`. Throws if the connection
/// fails, and what `Context::check` throws.
[[nodiscard]] inline bool finish_connecting(PGconn* connection, const Context& context,
                                            Context::Clock::time_point give_up) {
  PostgresPollingStatusType state =
      PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) { throw connect_error(connection); }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for_socket(PQsocket(connection), events, &context, give_up)) {
      context.check();
      return false;
    }
    state = PQconnectPoll(connection);
  }
  return true;
}

/// Opens a connection. Precondition: `check_dsn` accepts `dsn`. Throws `unavailable` if no server can be reached,
/// `permission_denied` or `failed_precondition` if the server rejects the connection, and what `Context::check` throws;
/// no message quotes `dsn`. The lookup of a host name ignores the context: libpq cannot do it in the background.
[[nodiscard]] inline RawConnection connect(const std::string& dsn, const Context& context) {
  RawConnection connection = begin_connecting(dsn, {});
  std::optional<Hosts> hosts(std::in_place, connection.get());
  for (;;) {
    const auto start = Context::Clock::now();
    auto give_up = start + hosts->patience();
    // One unreachable host must not use up the time for the others.
    if (context.deadline && hosts->count() > 1) {
      give_up = std::min(give_up, start + (*context.deadline - start) / static_cast<int>(hosts->count()));
    }
    if (finish_connecting(connection.get(), context, give_up)) { break; }
    if (hosts->count() == 1) { throw Error(ErrorCode::unavailable, "timed out connecting to PostgreSQL"); }
    hosts->remove_current(connection.get());
    connection = begin_connecting(dsn, hosts);
  }
  check_server(connection.get());
  return connection;
}

}  // namespace heddle::postgres::libpq
