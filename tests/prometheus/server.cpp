// Serves the metrics of a backend for the script `scrape`: prints the port and another free one, works a little, and
// ends with its input. `server JSON`: the configuration of the backend.
#include "heddle/health.hpp"
#include "heddle/open.hpp"
#include "heddle/prometheus/collector.hpp"

#include <prometheus/exposer.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

namespace {

/// Returns a port of this machine that nothing uses now.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool found = ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
  ::close(socket);
  return found ? ntohs(address.sin_port) : 0;
}

void work(heddle::AnyBackend& storage) {
  const auto ada = heddle::Context::for_user("CANARY-user");
  auto& sessions = storage.session_storage();
  sessions.ensure_session(ada, {.id = "CANARY-session"});
  for (int index = 0; index < 3; ++index) { sessions.save_message(ada, "CANARY-session", {.content = "CANARY"}); }
  static_cast<void>(sessions.load_messages(ada, "CANARY-session"));
  try {
    sessions.save_message(ada, "CANARY-none", {.content = "CANARY"});
  } catch (const heddle::Error& error) { static_cast<void>(error); }
  const auto deletion = heddle::soft_deletion(storage);
  deletion->soft_delete_session(ada, "CANARY-session");
  deletion->purge_deleted_sessions({}, std::chrono::seconds(0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) { return 2; }
  try {
    auto storage = heddle::open_json(argv[1]);
    work(storage);
    if (!heddle::health(storage).ready) { return 1; }
    const auto collector = std::make_shared<heddle::PrometheusCollector>(storage);
    prometheus::Exposer exposer("127.0.0.1:0");
    exposer.RegisterCollectable(collector);
    std::cout << exposer.GetListeningPorts().front() << ' ' << free_port() << std::endl;
    std::string end;
    std::getline(std::cin, end);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
