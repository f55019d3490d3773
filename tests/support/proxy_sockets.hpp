#pragma once

#include <libpq-fe.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace support {

/// A file descriptor that the destructor closes.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() { close(); }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  void close() noexcept {
    if (descriptor_ >= 0) { ::close(descriptor_); }
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

/// The address of a server.
struct ServerAddress {
  std::string host{};  ///< a name, or the folder of its Unix socket
  std::string port{};
};

/// Asks the server for it, because its connection string may use defaults.
inline ServerAddress server_address(const std::string& dsn) {
  const std::unique_ptr<PGconn, decltype(&::PQfinish)> connection(::PQconnectdb(dsn.c_str()), &::PQfinish);
  if (::PQstatus(connection.get()) != CONNECTION_OK) { throw std::runtime_error(::PQerrorMessage(connection.get())); }
  return {.host = ::PQhost(connection.get()), .port = ::PQport(connection.get())};
}

inline sockaddr_un socket_name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) { throw std::runtime_error("too long for a socket: " + path); }
  std::memcpy(static_cast<char*>(name.sun_path), path.c_str(), path.size() + 1);
  return name;
}

inline Socket listen_at(const std::string& path) {
  Socket listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un name = socket_name(path);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  return listener;
}

/// Returns a non-blocking connection; an invalid one if there is no server.
inline Socket connect_to(const ServerAddress& server) {
  Socket socket(-1);
  if (server.host.starts_with("/")) {
    socket = Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un name = socket_name(server.host + "/.s.PGSQL." + server.port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) { return Socket(-1); }
  } else {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(server.host.c_str(), server.port.c_str(), &wanted, &found) != 0) { return socket; }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      socket = Socket(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
      if (::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0) { break; }
      socket.close();
    }
    const int at_once = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  }
  if (socket.get() >= 0) { ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK); }
  return socket;
}

}  // namespace support
