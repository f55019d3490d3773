// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connect_error.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/hosts.hpp"
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

/// Throws `failed_precondition` for a server, or a pooler before it, with settings that would change the meaning of the
/// statements.
inline void check_server(PGconn* connection) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorCode::failed_precondition, why); };
  const auto is = [connection](const char* name, std::string_view value) {
    const char* const present = PQparameterStatus(connection, name);
    return present != nullptr && present == value;
  };
  if (PQserverVersion(connection) < 150000) { refuse("the server is older than PostgreSQL 15: upgrade it"); }
  // A pooler may not tell it.
  if (const char* const encoding = PQparameterStatus(connection, "server_encoding");
      encoding != nullptr && encoding != std::string_view("UTF8")) {
    refuse("the encoding of the database is " + std::string(encoding) +
           ", which cannot store every text: create it with ENCODING 'UTF8'");
  }
  if (!is("client_encoding", "UTF8")) { refuse("client_encoding of the connection is not UTF8"); }
  if (!is("standard_conforming_strings", "on")) {
    refuse("standard_conforming_strings is off on the server: set it to on");
  }
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

/// Throws the error for a context that ended while a connection to `place` was opened.
inline void check_connecting(const Context& context, const std::string& place) {
  try {
    context.check();
  } catch (const Error& error) {
    throw Error(error.code(), std::string(error.what()) + " while connecting to PostgreSQL at " + place);
  }
}

/// Completes the connection. Returns false if the server does not respond until `give_up` or the context is over.
/// Throws if the connection fails.
[[nodiscard]] inline bool finish_connecting(PGconn* connection, const std::string& dsn, const Hosts& hosts,
                                            const Context& context, Context::Clock::time_point give_up) {
  PostgresPollingStatusType state =
      PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) { throw connect_error(connection, dsn, hosts.place(dsn)); }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for_socket(PQsocket(connection), events, &context, give_up)) { return false; }
    state = PQconnectPoll(connection);
  }
  return true;
}

/// Opens a connection. Precondition: `check_dsn` accepts `dsn`. Throws `unavailable` if no server can be reached,
/// `permission_denied` or `failed_precondition` if the server rejects the connection, and what `Context::check` throws;
/// no message quotes a secret of `dsn`. The lookup of a host name ignores the context: libpq cannot do it in the
/// background.
[[nodiscard]] inline RawConnection connect(const std::string& dsn, const Context& context) {
  const PlainWords plain;
  RawConnection connection = begin_connecting(dsn, {});
  std::optional<Hosts> hosts(std::in_place, connection.get());
  for (;;) {
    const auto start = Context::Clock::now();
    auto give_up = start + hosts->patience();
    // One unreachable host must not use up the time for the others.
    if (context.deadline && hosts->count() > 1) {
      give_up = std::min(give_up, start + (*context.deadline - start) / static_cast<int>(hosts->count()));
    }
    if (finish_connecting(connection.get(), dsn, *hosts, context, give_up)) { break; }
    check_connecting(context, hosts->place(dsn));
    if (hosts->count() == 1) {
      throw Error(ErrorCode::unavailable, "timed out connecting to PostgreSQL at " + hosts->place(dsn));
    }
    hosts->remove_current(connection.get());
    connection = begin_connecting(dsn, hosts);
  }
  check_server(connection.get());
  return connection;
}

}  // namespace heddle::postgres::libpq
