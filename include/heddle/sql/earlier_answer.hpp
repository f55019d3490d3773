#pragma once

#include "heddle/model/adapt.hpp"

#include <cstdint>
#include <string>

namespace heddle::sql {

/// What an idempotency key remembers.
struct EarlierAnswer {
  std::string operation{};
  std::string fingerprint{};
  std::int64_t answer_number = 0;
  std::string answer_text{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::EarlierAnswer, operation, fingerprint, answer_number, answer_text);
