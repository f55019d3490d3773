// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/driver.hpp"
#include "heddle/postgres/libpq/parameters.hpp"
#include "heddle/postgres/libpq/result_row.hpp"
#include "heddle/postgres/libpq/wait.hpp"

#include <libpq-fe.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace heddle::postgres::libpq {

/// An open connection in libpq's pipeline mode, and the statements that it has prepared. For one thread at a time.
class Connection {
 public:
  /// Connects; see `connect`. With `named` off it prepares no statements: no state stays on the server between two
  /// transactions.
  Connection(const std::string& dsn, bool named, const Context& context)
      : driver_(connect(dsn, context)), named_(named) {
    if (PQsetnonblocking(raw(), 1) != 0 || PQenterPipelineMode(raw()) != 1) {
      throw Error(ErrorCode::internal, "libpq could not enter its pipeline mode");
    }
    PQsetNoticeReceiver(raw(), &on_notice, this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;
  ~Connection() = default;

  [[nodiscard]] PGconn* raw() noexcept { return driver_.raw(); }
  [[nodiscard]] Parameters& parameters() noexcept { return parameters_; }

  /// Returns true if the connection is idle and outside a transaction, so that another call may use it.
  [[nodiscard]] bool is_clean() noexcept {
    return !abandoned_ && PQstatus(raw()) == CONNECTION_OK && PQtransactionStatus(raw()) == PQTRANS_IDLE &&
           PQisBusy(raw()) == 0;
  }

  /// Returns false if the server has closed an idle connection, as far as its socket shows. Sends nothing.
  [[nodiscard]] bool is_alive() noexcept {
    if (abandoned_ || PQstatus(raw()) != CONNECTION_OK) { return false; }
    if (!wait_for_socket(PQsocket(raw()), POLLIN, nullptr, Context::Clock::time_point{})) { return true; }
    return PQconsumeInput(raw()) == 1 && PQstatus(raw()) == CONNECTION_OK && !is_closed();
  }

  /// Returns true if the server has said that it is a standby.
  [[nodiscard]] bool is_to_standby() noexcept {
    const char* const standby = PQparameterStatus(raw(), "in_hot_standby");
    return standby != nullptr && standby == std::string_view("on");
  }

  /// Sends the statement with this number and the current parameters. Calls `make_text()` for its SQL unless the
  /// statement is prepared. Returns true if a command that prepares the statement was sent before it. Throws
  /// `unavailable` if the connection is lost.
  template <class MakeText>
  bool send(std::size_t key, const std::vector<Oid>& types, MakeText&& make_text) {
    if (known_.size() <= key) { known_.resize(key + 1); }
    Known& known = known_[key];
    const int count = parameters_.count();
    const char* const* const values = parameters_.values();
    const int* const lengths = parameters_.lengths();
    const int* const formats = parameters_.formats();
    constexpr int binary = 1;
    if (!named_) {
      if (known.text.empty()) { known.text = make_text(); }
      require_sent(PQsendQueryParams(raw(), known.text.c_str(), count, types.data(), values, lengths, formats, binary));
      return false;
    }
    const bool prepare = !known.prepared;
    if (prepare) {
      const std::string text = make_text();
      known.name = name_of(key, types, text);
      require_sent(
          PQsendPrepare(raw(), known.name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()));
      known.prepared = true;
    }
    require_sent(PQsendQueryPrepared(raw(), known.name.c_str(), count, values, lengths, formats, binary));
    return prepare;
  }

  /// Records that the server did not prepare this statement.
  void forget(std::size_t key) noexcept { known_[key].prepared = false; }

  /// Returns true if the server has sent a warning since the last call.
  [[nodiscard]] bool clear_warning() noexcept { return std::exchange(warned_, false); }

  /// Shuts the socket down, so that libpq sends nothing more, not even when it closes the connection. The connection is
  /// not used again.
  void abandon() noexcept {
    abandoned_ = true;
    ::shutdown(PQsocket(raw()), SHUT_RDWR);
  }

 private:
  struct Known {
    std::string text{};  ///< of a statement that is not prepared
    std::string name{};  ///< of a prepared statement, on the server
    bool prepared = false;
  };

  /// Returns the name of a prepared statement: the number, as two statements may have the same text, and a digest. A
  /// pooler may mix up the sessions of two processes, which number their statements differently: with the digest,
  /// running the other's statement is an error.
  static std::string name_of(std::size_t key, const std::vector<Oid>& types, std::string text) {
    constexpr std::size_t digits = 16;
    for (const Oid each : types) { text.append(" ").append(std::to_string(each)); }
    const std::string digest = heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(text)));
    return "h" + std::to_string(key) + "_" + digest.substr(0, digits);
  }

  /// Ignores the text of the notice: it may quote stored content.
  static void on_notice(void* connection, const PGresult* notice) {
    const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != nullptr && severity == std::string_view("WARNING")) {
      static_cast<Connection*>(connection)->warned_ = true;
    }
  }

  static void require_sent(int success) {
    if (success != 1) { throw Error(ErrorCode::unavailable, "the connection to the server was lost"); }
  }

  /// Returns true at the end of the stream: the socket is readable, and libpq has read everything from it.
  [[nodiscard]] bool is_closed() noexcept {
    return wait_for_socket(PQsocket(raw()), POLLIN, nullptr, Context::Clock::time_point{});
  }

  Driver driver_;
  bool named_;
  bool abandoned_ = false;
  bool warned_ = false;
  Parameters parameters_;
  std::vector<Known> known_;
};

}  // namespace heddle::postgres::libpq
