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

/// An open connection in libpq's pipeline mode, with the statements that it has prepared. Belongs to one thread at a
/// time.
class Connection {
 public:
  /// Connects; see `connect`. Without `named` nothing is kept on the server between two transactions.
  Connection(const std::string& dsn, bool named, const Context& context)
      : driver_(connect(dsn, context)), named_(named) {
    if (PQsetnonblocking(raw(), 1) != 0 || PQenterPipelineMode(raw()) != 1) {
      throw Error(ErrorCode::internal, "libpq does not enter its pipeline mode");
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

  /// Whether another call may use it: nothing of the last one is left.
  [[nodiscard]] bool is_clean() noexcept {
    return !abandoned_ && PQstatus(raw()) == CONNECTION_OK && PQtransactionStatus(raw()) == PQTRANS_IDLE &&
           PQisBusy(raw()) == 0;
  }

  /// A look at the socket of an idle connection: a server that has gone has closed it, and says why before it does.
  [[nodiscard]] bool is_alive() noexcept {
    if (abandoned_ || PQstatus(raw()) != CONNECTION_OK) { return false; }
    if (!wait_for_socket(PQsocket(raw()), POLLIN, nullptr, Context::Clock::time_point{})) { return true; }
    return PQconsumeInput(raw()) == 1 && PQstatus(raw()) == CONNECTION_OK && !is_closed();
  }

  /// Sends a statement, of which `make_text()` is asked for its SQL when the connection does not know it, with the
  /// present parameters. `key` is the statement's own number. Answers whether its preparation was sent before it, which
  /// then is a command of its own. Throws `unavailable` if the connection is lost.
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
      sent(PQsendQueryParams(raw(), known.text.c_str(), count, types.data(), values, lengths, formats, binary));
      return false;
    }
    const bool prepare = !known.prepared;
    if (prepare) {
      const std::string text = make_text();
      known.name = name_of(key, types, text);
      sent(PQsendPrepare(raw(), known.name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()));
      known.prepared = true;
    }
    sent(PQsendQueryPrepared(raw(), known.name.c_str(), count, values, lengths, formats, binary));
    return prepare;
  }

  /// The server did not prepare this statement.
  void forget(std::size_t key) noexcept { known_[key].prepared = false; }

  /// Whether the server has warned of something since this was asked last.
  [[nodiscard]] bool take_warning() noexcept { return std::exchange(warned_, false); }

  /// Nothing that waits to be sent is sent any more, not even when the connection is closed, and nobody else uses it.
  void abandon() noexcept {
    abandoned_ = true;
    ::shutdown(PQsocket(raw()), SHUT_RDWR);
  }

 private:
  struct Known {
    std::string text{};  ///< kept only where it has to be sent each time
    std::string name{};  ///< on the server
    bool prepared = false;
  };

  /// The number tells statements of one process apart, which may have the same text. Another process has other numbers:
  /// behind a pooler that mixes up the sessions of the two, the digest sees to it that what runs is never the other's
  /// statement, but an error.
  static std::string name_of(std::size_t key, const std::vector<Oid>& types, std::string text) {
    constexpr std::size_t digits = 16;
    for (const Oid each : types) { text.append(" ").append(std::to_string(each)); }
    const std::string digest = heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(text)));
    return "h" + std::to_string(key) + "_" + digest.substr(0, digits);
  }

  /// What it says is not looked at: it may quote content.
  static void on_notice(void* connection, const PGresult* notice) {
    const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != nullptr && severity == std::string_view("WARNING")) {
      static_cast<Connection*>(connection)->warned_ = true;
    }
  }

  static void sent(int success) {
    if (success != 1) { throw Error(ErrorCode::unavailable, "the connection to the server was lost"); }
  }

  /// At the end of the stream the socket stays readable and gives nothing.
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
