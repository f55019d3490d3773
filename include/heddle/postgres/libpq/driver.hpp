// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"

#include <libpq-fe.h>
#include <pqxx/pqxx>

#include <exception>
#include <string>
#include <utility>

/// the one place that knows how libpqxx 6.4 and 7 differ.
namespace heddle::postgres::libpq {

#if PQXX_VERSION_MAJOR >= 7

/// A libpqxx connection around an open connection of libpq, which it owns from then on.
class Driver {
 public:
  explicit Driver(RawConnection open)
      : raw_(open.get()), session_(pqxx::connection::seize_raw_connection(open.release())) {}

  [[nodiscard]] PGconn* raw() noexcept { return raw_; }
  [[nodiscard]] pqxx::connection& session() noexcept { return session_; }

 private:
  PGconn* raw_;
  pqxx::connection session_;
};

#else

/// How a libpqxx 6 connection comes to its connection of libpq: it is given one, once. Left alone, libpqxx 6 connects
/// anew when a connection is lost, in the middle of what was one transaction to its caller.
class GivenOnce : public pqxx::connectionpolicy {
 public:
  explicit GivenOnce(RawConnection open) : pqxx::connectionpolicy(std::string()), open_(std::move(open)) {}

  handle do_startconnect(handle present) override {
    if (present == nullptr) { present = open_.release(); }
    if (present == nullptr) { throw pqxx::broken_connection("the connection was lost"); }
    return present;
  }

 protected:
  [[nodiscard]] PGconn* given() const noexcept { return open_.get(); }

 private:
  RawConnection open_;
};

/// A libpqxx connection around an open connection of libpq, which it owns from then on.
class Driver : private GivenOnce, private pqxx::connection_base {
 public:
  explicit Driver(RawConnection open)
      : GivenOnce(std::move(open)), pqxx::connection_base(static_cast<pqxx::connectionpolicy&>(*this)), raw_(given()) {
    init();
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  Driver(Driver&&) = delete;
  Driver& operator=(Driver&&) = delete;
  ~Driver() noexcept override { close(); }

  [[nodiscard]] PGconn* raw() noexcept { return raw_; }
  [[nodiscard]] pqxx::connection_base& session() noexcept { return *this; }

 private:
  PGconn* raw_;
};

#endif

/// Runs a statement with parameters inside a transaction of libpqxx.
template <class... Arguments>
pqxx::result execute(pqxx::transaction_base& transaction, const std::string& text, const Arguments&... arguments) {
#if PQXX_VERSION_MAJOR >= 7
  return transaction.exec(text, pqxx::params{arguments...});
#else
  return transaction.exec_params(text, arguments...);
#endif
}

/// The SQLSTATE of what libpqxx threw; empty if the server gave none.
[[nodiscard]] inline std::string sqlstate_of(const std::exception& failure) {
  // Version 6 derives some of these from another class than sql_error, and leaves the state of the others out.
  if (dynamic_cast<const pqxx::serialization_failure*>(&failure) != nullptr) {
    return std::string(sqlstate::serialization_failure);
  }
  if (dynamic_cast<const pqxx::deadlock_detected*>(&failure) != nullptr) {
    return std::string(sqlstate::deadlock_detected);
  }
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&failure) != nullptr) {
    return std::string(sqlstate::insufficient_privilege);
  }
  const auto* const error = dynamic_cast<const pqxx::sql_error*>(&failure);
  return error == nullptr ? std::string() : error->sqlstate();
}

}  // namespace heddle::postgres::libpq
