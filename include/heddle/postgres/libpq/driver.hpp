// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"

#include <libpq-fe.h>
#include <pqxx/pqxx>

#include <exception>
#include <optional>
#include <string>
#include <utility>

/// The only file that depends on the version of libpqxx, 6.4 or 7.
namespace heddle::postgres::libpq {

#if PQXX_VERSION_MAJOR >= 7

/// A libpqxx connection that owns an open connection of libpq.
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

/// The policy by which a connection of libpqxx 6 uses an open connection of libpq and never reconnects. By itself
/// libpqxx 6 reconnects when a connection is lost, even inside a transaction.
class OpenConnectionPolicy : public pqxx::connectionpolicy {
 public:
  explicit OpenConnectionPolicy(RawConnection open) : pqxx::connectionpolicy(std::string()), open_(std::move(open)) {}

  handle do_startconnect(handle present) override {
    if (present == nullptr) { present = open_.release(); }
    if (present == nullptr) { throw pqxx::broken_connection("the connection was lost"); }
    return present;
  }

 protected:
  [[nodiscard]] PGconn* open_connection() const noexcept { return open_.get(); }

 private:
  RawConnection open_;
};

/// A libpqxx connection that owns an open connection of libpq.
class Driver : private OpenConnectionPolicy, private pqxx::connection_base {
 public:
  explicit Driver(RawConnection open)
      : OpenConnectionPolicy(std::move(open)),
        pqxx::connection_base(static_cast<pqxx::connectionpolicy&>(*this)),
        raw_(open_connection()) {
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

/// Runs a statement with parameters in a transaction of libpqxx.
template <class... Arguments>
pqxx::result execute(pqxx::transaction_base& transaction, const std::string& text, const Arguments&... arguments) {
#if PQXX_VERSION_MAJOR >= 7
  return transaction.exec(text, pqxx::params{arguments...});
#else
  return transaction.exec_params(text, arguments...);
#endif
}

/// Returns the SQLSTATE of the exception that is being handled; empty if it has none, nothing if it is not an exception
/// of libpqxx. Precondition: it is called in a handler. Catches instead of casting: programs may be built without RTTI.
[[nodiscard]] inline std::optional<std::string> handled_sqlstate() {
  // Version 6 does not derive some of these from sql_error, and leaves the SQLSTATE of the others empty.
  try {
    throw;
  } catch (const pqxx::serialization_failure&) {
    return std::string(sqlstate::serialization_failure);
  } catch (const pqxx::deadlock_detected&) {
    return std::string(sqlstate::deadlock_detected);
  } catch (const pqxx::insufficient_privilege&) {
    return std::string(sqlstate::insufficient_privilege);
  } catch (const pqxx::sql_error& failure) { return failure.sqlstate(); } catch (const pqxx::failure&) {
    return std::string();
  } catch (...) { return std::nullopt; }
}

}  // namespace heddle::postgres::libpq
