// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/postgres/libpq/dsn_fault.hpp"
#include "heddle/postgres/libpq/handles.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heddle::postgres::libpq {

/// The hosts that libpq tries, from the connection string or from the environment. In its non-blocking mode libpq waits
/// for an unresponsive host without end; with this list the caller can go on to the next one.
class Hosts {
 public:
  /// Reads the hosts of a connection that is being opened. Throws `invalid_argument` if `connect_timeout` is no number,
  /// which libpq does not check in its non-blocking mode.
  explicit Hosts(PGconn* connection) {
    const ConnectionOptions options(PQconninfo(connection));
    for (const PQconninfoOption* each = options.get(); each != nullptr && each->keyword != nullptr; ++each) {
      const std::string_view keyword = each->keyword;
      const std::string_view value = each->val == nullptr ? "" : each->val;
      if (keyword == "host") { names_ = split(value); }
      if (keyword == "hostaddr") { addresses_ = split(value); }
      if (keyword == "port") { ports_ = split(value); }
      if (keyword == "connect_timeout" && !value.empty()) { timeout_ = seconds_in(value); }
    }
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return std::max({names_.size(), addresses_.size(), std::size_t{1}});
  }

  /// Returns how long each of them may take: `connect_timeout`, if it is set.
  [[nodiscard]] std::chrono::seconds patience() const noexcept {
    if (timeout_ > 0) { return std::chrono::seconds(timeout_); }
    return std::chrono::seconds(count() == 1 ? 30 : 15);
  }

  /// Removes the host that the connection is trying.
  void remove_current(PGconn* connection) {
    const std::string_view host = PQhost(connection);
    const std::string_view port = PQport(connection);
    std::size_t current = 0;
    for (std::size_t index = 0; index < count(); ++index) {
      if ((host == at(names_, index) || host == at(addresses_, index)) &&
          (ports_.size() < 2 || port == at(ports_, index))) {
        current = index;
        break;
      }
    }
    for (auto* list : {&names_, &addresses_, &ports_}) {
      const bool is_for_all = list == &ports_ && ports_.size() == 1;
      if (!is_for_all && current < list->size()) { list->erase(list->begin() + static_cast<std::ptrdiff_t>(current)); }
    }
  }

  /// Returns the hosts and ports for a message; without them if they may contain parts of the password.
  [[nodiscard]] std::string place(std::string_view dsn) const {
    if (may_spill_password(dsn)) { return "the host of the connection string"; }
    std::string text;
    for (std::size_t index = 0; index < count(); ++index) {
      const std::string_view name = at(names_, index);
      const std::string_view port = at(ports_, ports_.size() == 1 ? 0 : index);
      text.append(index == 0 ? "" : ", ").append(name.empty() ? at(addresses_, index) : name);
      text.append(text.empty() || text.ends_with(' ') ? "the default socket port " : " port ");
      text.append(port.empty() ? "5432" : port);
    }
    return text;
  }

  /// Return the values of `host`, `hostaddr` and `port` for a connection string.
  [[nodiscard]] std::string names() const { return join(names_); }
  [[nodiscard]] std::string addresses() const { return join(addresses_); }
  [[nodiscard]] std::string ports() const { return join(ports_); }

 private:
  using List = std::vector<std::string>;

  static int seconds_in(std::string_view value) {
    const char* const end = value.data() + value.size();
    int seconds = 0;
    if (const auto [rest, fault] = std::from_chars(value.data(), end, seconds); fault != std::errc() || rest != end) {
      throw Error(ErrorCode::invalid_argument,
                  "connecting to PostgreSQL failed: connect_timeout of the connection string is not a number");
    }
    return seconds;
  }
  static List split(std::string_view text) {
    List parts;
    if (text.empty()) { return parts; }
    for (std::size_t from = 0;;) {
      const std::size_t comma = text.find(',', from);
      parts.emplace_back(text.substr(from, comma == std::string_view::npos ? comma : comma - from));
      if (comma == std::string_view::npos) { return parts; }
      from = comma + 1;
    }
  }
  static std::string join(const List& parts) {
    std::string text;
    for (const std::string& part : parts) { text.append(&part == &parts.front() ? "" : ",").append(part); }
    return text;
  }
  static std::string_view at(const List& list, std::size_t index) noexcept {
    return index < list.size() ? std::string_view(list[index]) : std::string_view();
  }

  List names_{};
  List addresses_{};
  List ports_{};
  int timeout_ = 0;
};

}  // namespace heddle::postgres::libpq
