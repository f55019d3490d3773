#pragma once

#include "heddle/limits.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// The tokens of a message, as its provider counts them. None is negative or greater than `limits::tokens`.
struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_read_tokens = 0;   ///< read from the provider's cache
  std::int64_t cached_write_tokens = 0;  ///< written to it
  std::int64_t reasoning_tokens = 0;

  friend bool operator==(const Usage&, const Usage&) = default;
};

/// Selects sums of usage. Members that are not set do not restrict them.
struct UsageQuery {
  bool by_session = false;  ///< one sum for each session, and for each combination with the next three
  bool by_agent = false;
  bool by_model = false;
  bool by_day = false;
  std::optional<std::string> session_id{};
  std::optional<std::string> agent_id{};  ///< of the session, as it is now
  std::optional<std::string> model{};
  Timestamp from{};   ///< inclusive: days that begin then or later; not set: from the first one on
  Timestamp until{};  ///< exclusive: days that begin before; not set: up to the last one
};

/// The usage of some messages: those that name a model or usage.
struct UsageSum {
  std::string session_id{};   ///< empty if the sums are not grouped by session
  std::string agent_id{};     ///< of the session, as it is now; empty if the sums are not grouped by agent
  std::string model{};        ///< empty if the sums are not grouped by model, or if the messages name none
  Timestamp day{};            ///< its begin, in UTC; the epoch if the sums are not grouped by day
  std::int64_t messages = 0;  ///< how many
  Usage usage{};
  double cost_usd = 0;

  friend bool operator==(const UsageSum&, const UsageSum&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::Usage, input_tokens, output_tokens, cached_read_tokens, cached_write_tokens,
                    reasoning_tokens);
HEDDLE_ADAPT_STRUCT(heddle::UsageQuery, by_session, by_agent, by_model, by_day, session_id, agent_id, model, from,
                    until);
HEDDLE_ADAPT_STRUCT(heddle::UsageSum, session_id, agent_id, model, day, messages, usage, cost_usd);
HEDDLE_SPREAD(heddle::Usage);
HEDDLE_NULL_BY_DEFAULT(heddle::Usage, input_tokens, output_tokens, cached_read_tokens, cached_write_tokens,
                       reasoning_tokens);
HEDDLE_LIMIT_TEXTS(heddle::UsageQuery, heddle::limits::id, session_id, agent_id, model);
