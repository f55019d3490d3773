// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// Parameters of statements, by name.
namespace heddle::sql {

/// The row of an idempotency key with the Answer of its call. Refers to its texts.
struct KeyRow {
  std::string_view key{};
  std::optional<std::string_view> session_id{};
  std::string_view operation{};
  std::string_view fingerprint{};
  std::int64_t answer_number = 0;
  std::string_view answer_text{};
  Timestamp created_at{};
};

/// The conditions of a SessionFilter; null: no condition. Refers to its texts.
struct SessionConditions {
  std::optional<std::string_view> agent_id{};
  std::optional<std::string_view> parent_session_id{};
  Timestamp updated_from{};
  Timestamp updated_to{};
  std::optional<std::string_view> name_contains{};
  std::optional<std::string_view> context{};
};

/// The members of an ArtifactFilter that always restrict a list.
struct ArtifactRange {
  Timestamp created_from{};
  bool include_deleted = false;
};

/// The number of messages of one write, and their sums.
struct NewMessages {
  std::int64_t count = 0;
  Timestamp saved_at{};
  std::int64_t tokens = 0;
  double cost_usd = 0;
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::KeyRow, key, session_id, operation, fingerprint, answer_number, answer_text,
                    created_at);
HEDDLE_ADAPT_STRUCT(heddle::sql::SessionConditions, agent_id, parent_session_id, updated_from, updated_to,
                    name_contains, context);
HEDDLE_ADAPT_STRUCT(heddle::sql::ArtifactRange, created_from, include_deleted);
HEDDLE_ADAPT_STRUCT(heddle::sql::NewMessages, count, saved_at, tokens, cost_usd);
