#pragma once

#include "support/postgres_server.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/types.h>

namespace support {

/// The server of a test that runs with OWN_SERVER: a test may stop it, and it restarts by itself.
class OwnServer {
 public:
  /// `fast` closes every connection in order; `immediate` is like a crash, after which the server recovers when it
  /// restarts.
  enum class Shutdown { fast = SIGINT, immediate = SIGQUIT };

  /// Stops all processes of the server (SIGSTOP), which go on when the object is destroyed.
  class Frozen {
   public:
    Frozen() { signal_all(SIGSTOP); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    Frozen(Frozen&&) = delete;
    Frozen& operator=(Frozen&&) = delete;
    ~Frozen() { signal_all(SIGCONT); }

   private:
    static void signal_all(int signal) {
      const std::string server = std::to_string(process());
      std::ifstream children("/proc/" + server + "/task/" + server + "/children");
      // The parent first, so that it starts no more.
      ::kill(process(), signal);
      for (pid_t each = 0; children >> each;) { ::kill(each, signal); }
    }
  };

  /// Stops the server and waits until it has restarted.
  static void restart(Shutdown how) {
    const pid_t ended = end(how);
    for (int attempt = 0; attempt < 18000; ++attempt) {
      if (const pid_t now = process(); now != 0 && now != ended) {
        const std::unique_ptr<PGconn, decltype(&::PQfinish)> connection(::PQconnectdb(postgres_server().c_str()),
                                                                        &::PQfinish);
        if (::PQstatus(connection.get()) == CONNECTION_OK) { return; }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the server did not restart");
  }

  /// Stops the server, which restarts as soon as it is down; returns its process id.
  static pid_t end(Shutdown how) {
    const pid_t server = process();
    if (server == 0 || ::kill(server, static_cast<int>(how)) != 0) {
      throw std::runtime_error("the server is not running");
    }
    return server;
  }

 private:
  /// Returns 0 while there is none.
  static pid_t process() {
    const char* const path = std::getenv("HEDDLE_TEST_POSTGRES_PID");
    if (path == nullptr) {
      throw std::runtime_error("this test needs its own server: run it under tests/support/with_postgres --own");
    }
    pid_t number = 0;
    std::ifstream(path) >> number;
    return number;
  }
};

}  // namespace support
