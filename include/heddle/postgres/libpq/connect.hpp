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

/// Where, in what a server said verbosely, the last severity ends, of which each language has its own word: two spaces,
/// an SQLSTATE, a colon and the sentence come behind it.
[[nodiscard]] inline std::size_t end_of_severity(std::string_view said) noexcept {
  constexpr std::string_view sign = ":  ";
  constexpr std::string_view in_state = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (auto at = said.rfind(sign); at != std::string_view::npos && at != 0; at = said.rfind(sign, at - 1)) {
    const std::string_view behind = said.substr(at + sign.size());
    if (behind.substr(0, sqlstate::size).find_first_not_of(in_state) == std::string_view::npos &&
        behind.substr(std::min(sqlstate::size, behind.size())).starts_with(": ")) {
      return at + sign.size();
    }
  }
  return std::string_view::npos;
}

/// Why a connection was not made: what the server said, without the host and the address that libpq puts before it, or
/// what libpq itself means.
[[nodiscard]] inline Error connect_error(PGconn* connection) {
  const std::string doing = "connecting to PostgreSQL failed: ";
  const std::string_view all = PQerrorMessage(connection);
  const auto has = [all](std::string_view words) { return all.find(words) != std::string_view::npos; };
  if (const auto at = end_of_severity(all); at != std::string_view::npos) {
    const std::string_view line = all.substr(at);
    const std::string_view state = line.substr(0, sqlstate::size);
    const std::string_view sentence = line.substr(sqlstate::size + 2);
    return {connect_code_of(state), doing + std::string(sentence.substr(0, sentence.find('\n'))), std::string(state)};
  }
  if (PQconnectionNeedsPassword(connection) != 0) {
    return {ErrorCode::permission_denied, doing + "the server asks for a password, and the connection string has none"};
  }
  if (has("invalid port number") || has("invalid integer value") || (has("invalid ") && has(" value: \""))) {
    return {ErrorCode::invalid_argument,
            doing + "the connection string has a value that libpq does not accept, such as of port or sslmode"};
  }
  if (has("certificate")) {
    return {ErrorCode::failed_precondition, doing + "a certificate was not accepted: see sslmode and sslrootcert"};
  }
  if (has("SSL")) { return {ErrorCode::failed_precondition, doing + "no agreement on TLS: see sslmode (ssl_mode)"}; }
  if (has("host name")) { return {ErrorCode::unavailable, doing + "the name of the host is not known"}; }
  return {ErrorCode::unavailable, doing + "the server cannot be reached"};
}

/// Refuses a server, or a pooler before it, on which the statements would mean something else.
inline void check_server(PGconn* connection) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::failed_precondition, why); };
  const auto is = [connection](const char* name, std::string_view value) {
    const char* const present = PQparameterStatus(connection, name);
    return present != nullptr && present == value;
  };
  if (PQserverVersion(connection) < 150000) { refuse("the server is older than PostgreSQL 15"); }
  if (!is("client_encoding", "UTF8")) { refuse("the connection does not speak UTF-8"); }
  if (!is("standard_conforming_strings", "on")) { refuse("the server has standard_conforming_strings turned off"); }
}

/// Throws `invalid_argument` if the setting of this name is no connection string; an empty one is. Which part of it is
/// wrong is not said: it holds secrets.
inline void check_dsn(std::string_view setting, const std::string& dsn) {
  char* message = nullptr;
  const ConnectionOptions parsed(PQconninfoParse(dsn.c_str(), &message));
  PQfreemem(message);
  if (!parsed) { refuse_setting(setting, "is no connection string that libpq understands"); }
}

/// Begins to connect, to one of `hosts` if they are given.
[[nodiscard]] inline RawConnection begin_connecting(const std::string& dsn, const std::optional<Hosts>& hosts) {
  const std::string names = hosts ? hosts->names() : std::string();
  const std::string addresses = hosts ? hosts->addresses() : std::string();
  const std::string ports = hosts ? hosts->ports() : std::string();
  // What stands before dbname, the DSN may override. What is empty does not count.
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
  if (!connection) { throw Error(ErrorCode::resource_exhausted, "there is no memory for a connection"); }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  // Notices may quote content, and libpq would print them.
  PQsetNoticeReceiver(
      connection.get(), [](void* /*nobody*/, const PGresult* /*notice*/) {}, nullptr);
  return connection;
}

/// Goes on until the connection is there; false if the server says nothing until `give_up`.
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

/// Opens a connection. Throws `unavailable` if no server can be reached, `permission_denied` or `failed_precondition`
/// if it refuses, without the connection string, which `check_dsn` has accepted, and what `Context::check` throws. The
/// name of a host is looked up without regard to the context: libpq does not know how to do that in the background.
[[nodiscard]] inline RawConnection connect(const std::string& dsn, const Context& context) {
  RawConnection connection = begin_connecting(dsn, {});
  std::optional<Hosts> hosts(std::in_place, connection.get());
  for (;;) {
    const auto start = Context::Clock::now();
    auto give_up = start + hosts->patience();
    // An unreachable host of several must not hold up the others.
    if (context.deadline && hosts->number() > 1) {
      give_up = std::min(give_up, start + (*context.deadline - start) / static_cast<int>(hosts->number()));
    }
    if (finish_connecting(connection.get(), context, give_up)) { break; }
    if (hosts->number() == 1) { throw Error(ErrorCode::unavailable, "connecting to PostgreSQL took too long"); }
    hosts->remove_current(connection.get());
    connection = begin_connecting(dsn, hosts);
  }
  check_server(connection.get());
  return connection;
}

}  // namespace heddle::postgres::libpq
