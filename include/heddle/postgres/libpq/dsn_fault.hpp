// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/check_config.hpp"
#include "heddle/postgres/libpq/handles.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Returns true for a connection string in the form of a URI.
[[nodiscard]] inline bool is_uri(std::string_view dsn) noexcept {
  return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
}

/// Returns true if an @ or a / of the password may have ended it early: then other parts of the URI can contain
/// characters of the password, and no message may quote them.
[[nodiscard]] inline bool may_spill_password(std::string_view dsn) noexcept {
  if (!is_uri(dsn)) { return false; }
  dsn.remove_prefix(dsn.find("://") + 3);
  const auto first = dsn.find('@');
  return first != std::string_view::npos &&
         (dsn.find('/') < first || dsn.find('?') < first || dsn.find('@', first + 1) != std::string_view::npos);
}

/// Why libpq cannot parse a connection string, found without libpq's own words: these can quote a password.
class DsnFault {
 public:
  /// Precondition: libpq cannot parse it.
  explicit DsnFault(std::string_view dsn) : known_(PQconninfoParse("", nullptr)), rest_(dsn) {}

  /// Returns it as the end of a sentence about the setting.
  [[nodiscard]] std::string text() { return is_uri(rest_) ? fault_of_uri() : fault_of_settings(); }

 private:
  static constexpr std::string_view space = " \t\n\r\f\v";

  [[nodiscard]] bool is_known(std::string_view name) const noexcept {
    for (const PQconninfoOption* each = known_.get(); each != nullptr && each->keyword != nullptr; ++each) {
      if (name == each->keyword) { return true; }
    }
    return false;
  }
  /// Returns the name for a message, or nothing where it may be part of a secret.
  [[nodiscard]] static std::string quoted(std::string_view name) {
    constexpr std::size_t longest = 40;
    constexpr std::string_view usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    if (name.empty() || name.size() > longest || name.find_first_not_of(usual) != std::string_view::npos) { return {}; }
    return std::string(" \"").append(name).append("\"");
  }

  [[nodiscard]] std::string fault_of_uri() {
    std::string fault = "is not a URI that libpq can parse: percent-encode special characters of its password";
    if (may_spill_password(rest_)) { return fault; }
    const auto begin = rest_.find('?');
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin + 1);
    while (!rest_.empty()) {
      const std::string_view part = rest_.substr(0, rest_.find('&'));
      rest_.remove_prefix(std::min(part.size() + 1, rest_.size()));
      const std::string_view name = part.substr(0, part.find('='));
      if (!is_known(name)) { return "has a parameter that libpq does not know:" + quoted(name); }
    }
    return fault;
  }

  /// Goes through `name = value` as libpq does.
  [[nodiscard]] std::string fault_of_settings() {
    std::string_view before;
    bool was_quoted = true;
    const auto spilled = [&] { return !was_quoted && (before == "password" || before == "sslpassword"); };
    for (;;) {
      skip_space();
      if (rest_.empty()) { return "is not a connection string that libpq can parse"; }
      const std::string_view name = rest_.substr(0, rest_.find_first_of(std::string("=").append(space)));
      rest_.remove_prefix(name.size());
      skip_space();
      if (!rest_.starts_with('=')) {
        return "has a word without \"=\"" + (before.empty() ? std::string() : " after" + quoted(before)) +
               ": put values with spaces in single quotes";
      }
      rest_.remove_prefix(1);
      if (!is_known(name)) {
        return "has a setting that libpq does not know" + (spilled() ? " after" + quoted(before) : ":" + quoted(name));
      }
      before = name;
      skip_space();
      was_quoted = rest_.starts_with('\'');
      if (!skip_value()) { return "has no closing quote after" + quoted(before); }
    }
  }

  void skip_space() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(space), rest_.size())); }

  /// Returns false if the value has no end.
  bool skip_value() noexcept {
    const bool is_quoted = rest_.starts_with('\'');
    if (is_quoted) { rest_.remove_prefix(1); }
    while (!rest_.empty()) {
      const char next = rest_.front();
      rest_.remove_prefix(1);
      if (next == '\\' && !rest_.empty()) {
        rest_.remove_prefix(1);
      } else if (is_quoted ? next == '\'' : space.find(next) != std::string_view::npos) {
        return true;
      }
    }
    return !is_quoted;
  }

  ConnectionOptions known_;
  std::string_view rest_;
};

/// Throws `invalid_argument` if the setting of this name is not a valid connection string; an empty one is valid. The
/// message does not quote it, as it contains secrets.
inline void check_dsn(std::string_view setting, const std::string& dsn) {
  const ConnectionOptions parsed(PQconninfoParse(dsn.c_str(), nullptr));
  if (!parsed) { refuse_setting(setting, DsnFault(dsn).text()); }
}

}  // namespace heddle::postgres::libpq
