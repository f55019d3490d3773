// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <memory>

/// Owners of the objects that libpq allocates.
namespace heddle::postgres::libpq {

struct CloseRaw {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using RawConnection = std::unique_ptr<PGconn, CloseRaw>;

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

struct FreeNotice {
  void operator()(PGnotify* notice) const noexcept { PQfreemem(notice); }
};
using Notice = std::unique_ptr<PGnotify, FreeNotice>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct FreeCancel {
  void operator()(PGcancel* request) const noexcept { PQfreeCancel(request); }
};
using CancelHandle = std::unique_ptr<PGcancel, FreeCancel>;

/// Sends a request to cancel and waits until the server has processed it. Ignores failures.
inline void send_cancel(PGcancel& request) noexcept {
  std::array<char, 256> message{};
  PQcancel(&request, message.data(), int{message.size()});
}

}  // namespace heddle::postgres::libpq
