#pragma once

#include "support/postgres_server.hpp"
#include "support/proxy_sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// A PgBouncer in transaction mode in front of the tests' server, with its own folder: each transaction gets any free
/// one of a few connections to the server. It accepts every role and database without a password. It ends with the
/// thread that created it.
class PgBouncer {
 public:
  /// Opens at most `pool_size` connections to the server for each role and database, and accepts at most `clients`.
  explicit PgBouncer(int pool_size, const std::string& server = postgres_server(), int clients = 500)
      : clients_(clients) {
    std::string pattern = "/tmp/heddle-pool.XXXXXX";  // the path of a socket must be short
    if (::mkdtemp(pattern.data()) == nullptr) { throw std::system_error(errno, std::generic_category()); }
    folder_ = pattern;
    try {
      configure(pool_size, server_address(server));
      start();
    } catch (...) {
      stop();
      throw;
    }
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;
  PgBouncer(PgBouncer&&) = delete;
  PgBouncer& operator=(PgBouncer&&) = delete;
  ~PgBouncer() { stop(); }

  /// Returns the connection string for a connection through this pooler.
  [[nodiscard]] std::string dsn(const std::string& direct) const {
    return with_settings(direct, {{"host", folder_}, {"port", "6432"}});
  }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }

  void configure(int pool_size, const ServerAddress& server) const {
    // The server accepts any password, and auth_type=trust requires none; but the roles must be listed.
    std::ofstream(file("users")) << "\"heddle_app\" \"\"\n\"heddle_admin\" \"\"\n\"postgres\" \"\"\n";
    std::ofstream(file("pgbouncer.ini")) << "[databases]\n* = host=" << server.host << " port=" << server.port << "\n"
                                         << "[pgbouncer]\npool_mode = transaction\n"
                                         << "default_pool_size = " << pool_size << "\n"
                                         << "listen_addr =\nlisten_port = 6432\nmax_client_conn = " << clients_ << "\n"
                                         << "unix_socket_dir = " << folder_ << "\n"
                                         << "auth_type = trust\nauth_file = " << file("users") << "\n"
                                         << "logfile = " << file("log")
                                         << "\n"
                                         // Databases are dropped soon after, so connections must be closed soon.
                                         << "server_idle_timeout = 5\nserver_lifetime = 60\n";
    if (::geteuid() != 0) { return; }
    // PgBouncer refuses to run as root.
    const passwd* const owner = ::getpwnam("postgres");
    if (owner == nullptr) { throw std::runtime_error("there is no user postgres for pgbouncer to run as"); }
    for (const std::string& path : {folder_, file("users"), file("pgbouncer.ini")}) {
      if (::chown(path.c_str(), owner->pw_uid, owner->pw_gid) != 0) {
        throw std::system_error(errno, std::generic_category());
      }
    }
  }

  void start() {
    const std::string installed = "/usr/sbin/pgbouncer";               // often not in PATH
    std::vector<std::string> words{"setpriv", "--pdeathsig", "KILL"};  // ends with the test, however that ends
    if (::geteuid() == 0) {
      words.insert(words.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
    }
    words.insert(words.end(),
                 {std::filesystem::exists(installed) ? installed : "pgbouncer", "-q", file("pgbouncer.ini")});
    std::vector<char*> arguments;
    for (std::string& word : words) { arguments.push_back(word.data()); }
    arguments.push_back(nullptr);
    if (::posix_spawnp(&process_, "setpriv", nullptr, nullptr, arguments.data(), environ) != 0) {
      process_ = -1;
      throw std::runtime_error("setpriv is missing");
    }
    for (int attempt = 0; attempt < 6000; ++attempt) {
      if (connect_to({.host = folder_, .port = "6432"}).get() >= 0) { return; }
      if (::waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = -1;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::ifstream log(file("log"));
    throw std::runtime_error("pgbouncer (Debian: pgbouncer) does not start: " +
                             std::string(std::istreambuf_iterator<char>(log), {}));
  }

  void stop() {
    if (process_ > 0) {
      ::kill(process_, SIGTERM);  // ends at once, with all its connections
      while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {}
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  int clients_;
  std::string folder_{};
  pid_t process_ = -1;
};

/// Returns the pooler of this program if HEDDLE_TEST_PGBOUNCER, the size of its pools, is set. The first call must be
/// in the main thread.
inline const PgBouncer* pgbouncer_of_tests() {
  static const std::unique_ptr<const PgBouncer> pooler = [] {
    const char* const size = std::getenv("HEDDLE_TEST_PGBOUNCER");
    return size == nullptr ? nullptr : std::make_unique<const PgBouncer>(std::stoi(size));
  }();
  return pooler.get();
}

}  // namespace support
