// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/postgres/libpq/dsn_fault.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"

#include <libpq-fe.h>

#include <locale.h>  // NOLINT(modernize-deprecated-headers): <clocale> lacks locale_t

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Makes libpq speak English in this thread while the object lives: `code_of_words` reads what it says.
class PlainWords {
 public:
  PlainWords() noexcept : before_(::uselocale(plain())) {}
  PlainWords(const PlainWords&) = delete;
  PlainWords& operator=(const PlainWords&) = delete;
  PlainWords(PlainWords&&) = delete;
  PlainWords& operator=(PlainWords&&) = delete;
  ~PlainWords() { ::uselocale(before_); }

 private:
  /// Null, which changes nothing, if the system has no memory for it.
  static locale_t plain() noexcept {
    static const locale_t locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
    return locale;
  }

  locale_t before_;
};

/// Returns where the SQLSTATE begins in a verbose message of the server ("SEVERITY:  SQLSTATE: sentence"); npos if
/// there is none. Finds it by its form, as each language has its own words for the severities.
[[nodiscard]] inline std::size_t find_sqlstate(std::string_view message) noexcept {
  constexpr std::string_view sign = ":  ";
  constexpr std::string_view in_state = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (auto at = message.rfind(sign); at != std::string_view::npos && at != 0; at = message.rfind(sign, at - 1)) {
    const std::string_view rest = message.substr(at + sign.size());
    if (rest.substr(0, sqlstate::size).find_first_not_of(in_state) == std::string_view::npos &&
        rest.substr(std::min(sqlstate::size, rest.size())).starts_with(": ")) {
      return at + sign.size();
    }
  }
  return std::string_view::npos;
}

/// Returns the code for a connection that failed before the server has said why, by the words of libpq: what no retry
/// can mend, or `unavailable`.
[[nodiscard]] inline ErrorCode code_of_words(std::string_view words) noexcept {
  const auto has = [words](std::string_view part) { return words.find(part) != std::string_view::npos; };
  const auto has_any = [has](const auto& parts) { return std::any_of(parts.begin(), parts.end(), has); };
  // The connection broke, whatever it was used for.
  static constexpr std::array<std::string_view, 2> broken{"SYSCALL", "closed"};
  static constexpr std::array<std::string_view, 9> invalid{
      "invalid port number", "invalid integer value", " value: \"",      "could not parse network address",
      "service file",        "definition of service", "could not match", "is too long",
      "invalid when "};
  static constexpr std::array<std::string_view, 7> unmet{
      "certificate", "SSL", "GSSAPI", "gssencmode", "requirepeer", "channel binding", "authentication method"};
  if (has_any(broken)) { return ErrorCode::unavailable; }
  if (has_any(invalid)) { return ErrorCode::invalid_argument; }
  return has_any(unmet) ? ErrorCode::failed_precondition : ErrorCode::unavailable;
}

/// Returns libpq's words in one line, without the parts that only developers of the server need.
[[nodiscard]] inline std::string words_of(std::string_view message) {
  constexpr std::size_t longest = 1000;
  std::string words;
  while (!message.empty()) {
    std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(line.size() + 1, message.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line.starts_with("LOCATION:")) { continue; }
    words.append(words.empty() ? "" : "; ").append(line);
  }
  if (words.size() > longest) { words.resize(longest); }
  return words;
}

/// Replaces the passwords of the connection in the sentence by which a setting is rejected: the same text may stand in
/// the wrong place of the connection string.
inline void hide_passwords(std::string& sentence, PGconn* connection) {
  constexpr std::string_view hidden = "***";
  const ConnectionOptions options(PQconninfo(connection));
  for (const PQconninfoOption* each = options.get(); each != nullptr && each->keyword != nullptr; ++each) {
    const std::string_view secret = each->val == nullptr ? "" : each->val;
    if (secret.empty() || !std::string_view(each->keyword).ends_with("password")) { continue; }
    for (auto at = sentence.find(secret); at != std::string::npos; at = sentence.find(secret, at + hidden.size())) {
      sentence.replace(at, secret.size(), hidden);
    }
  }
}

/// Returns the exception for a connection to `place` that failed, with the words of the server or of libpq.
[[nodiscard]] inline Error connect_error(PGconn* connection, const std::string& dsn, const std::string& place) {
  const std::string_view message = PQerrorMessage(connection);
  const bool is_secret = may_spill_password(dsn);
  std::string doing = "connecting to PostgreSQL failed";
  const auto say = [&](std::string_view words) {
    if (is_secret) { return doing + ": percent-encode special characters of the password in the connection string"; }
    return doing + " at " + place + ": " + std::string(words);
  };
  if (const auto at = find_sqlstate(message); at != std::string_view::npos) {
    const std::string_view line = message.substr(at);
    const std::string_view state = line.substr(0, sqlstate::size);
    const std::string_view sentence = line.substr(sqlstate::size + 2);
    return {connect_code_of(state, sentence), say(sentence.substr(0, sentence.find('\n'))), std::string(state)};
  }
  if (PQconnectionNeedsPassword(connection) != 0) {
    return {ErrorCode::permission_denied, say("the server requires a password: add one to the connection string")};
  }
  const ErrorCode code = code_of_words(message);
  std::string words = words_of(message);
  if (words.empty()) { words = "the server cannot be reached"; }
  std::string sentence = say(words);
  if (code == ErrorCode::invalid_argument) { hide_passwords(sentence, connection); }
  return {code, sentence};
}

}  // namespace heddle::postgres::libpq
