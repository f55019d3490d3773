// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/field_path.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

// What a write does for messages that have parts, or name a model or usage.
namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` if the texts of a message's parts are too long together, or its usage is out of range.
void check_whole(const validation::FieldPath& field, const std::same_as<Message> auto& message) {
  if (!message.parts.empty()) {
    std::size_t bytes = 0;
    for (const Part& part : message.parts) {
      if (part.kind == PartKind::text) { bytes += part.text.size() + 1; }
    }
    if (bytes > limits::text + 1) {
      validation::refuse(field.member("parts"),
                         "have texts that are longer than " + std::to_string(limits::text) + " bytes together");
    }
  }
  if (message.usage == Usage{}) { return; }
  const validation::FieldPath usage = field.member("usage");
  validation::check_tokens(usage.member("input_tokens"), message.usage.input_tokens);
  validation::check_tokens(usage.member("output_tokens"), message.usage.output_tokens);
  validation::check_tokens(usage.member("cached_read_tokens"), message.usage.cached_read_tokens);
  validation::check_tokens(usage.member("cached_write_tokens"), message.usage.cached_write_tokens);
  validation::check_tokens(usage.member("reasoning_tokens"), message.usage.reasoning_tokens);
}

/// Returns the begin of the day of a time, in UTC. Rounds down: not std::chrono::floor, which costs the compiler more.
[[nodiscard]] inline Timestamp day_of(Timestamp time) noexcept {
  constexpr std::int64_t day = std::chrono::microseconds(std::chrono::days(1)).count();
  const std::int64_t of_day = microseconds_of(time) % day;
  return time - Timestamp::duration(of_day < 0 ? of_day + day : of_day);
}

/// Whether the sums of usage contain the message.
[[nodiscard]] inline bool names_usage(const Message& message) noexcept {
  return !message.model.empty() || !(message.usage == Usage{});
}

/// Adds messages to the sums of usage of a session: neighbours of the same model and day at once.
template <class Policy, class Transaction>
class UsageWriter {
 public:
  UsageWriter(Transaction& tx, const std::string& session_id) : tx_(tx), session_id_(session_id) {}

  /// Precondition: the message exists until `flush`.
  void add(const Message& message, Timestamp at) {
    if (!names_usage(message)) { return; }
    const Timestamp day = day_of(at);
    if (row_.messages != 0 && (row_.model != message.model || row_.day != day)) { flush(); }
    row_.model = message.model;
    row_.day = day;
    ++row_.messages;
    row_.input_tokens += message.usage.input_tokens;
    row_.output_tokens += message.usage.output_tokens;
    row_.cached_read_tokens += message.usage.cached_read_tokens;
    row_.cached_write_tokens += message.usage.cached_write_tokens;
    row_.reasoning_tokens += message.usage.reasoning_tokens;
    row_.cost_usd += message.cost_usd;
  }
  void flush() {
    if (row_.messages == 0) { return; }
    tx_.run(sql::statements<typename Policy::Dialect::Messages::UsageSums>().add, tx_.user_id(), session_id_,
            sql::Fields<sql::AddedUsage>{row_});
    row_ = {};
  }

 private:
  Transaction& tx_;
  const std::string& session_id_;
  sql::AddedUsage row_{};
};

}  // namespace heddle::stores::detail
