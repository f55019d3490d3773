#pragma once

#include "heddle/model/storage_details.hpp"
#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

/// What can be wrong with a backend.
enum class HealthProblem : std::uint8_t {
  closed,             ///< it can never serve again: it was closed, or opened before a fork, or its file was replaced
  unreachable,        ///< the database does not answer, refuses, or has no resources left
  no_answer_in_time,  ///< the check was over before the database answered
  damaged,            ///< the database is damaged
  not_migrated,       ///< the schema is older than the program
  unknown_schema,     ///< it is newer, or was changed by hand; the backend still serves what fits it
  busy                ///< all connections are in use and calls wait; the backend still serves
};

template <>
struct EnumNames<HealthProblem> {
  static constexpr std::array<std::string_view, 7> values{
      "closed", "unreachable", "no_answer_in_time", "damaged", "not_migrated", "unknown_schema", "busy"};
};

/// A problem, and the words for those who operate the server. They contain no content, keys or connection strings.
struct HealthReason {
  HealthProblem problem{};
  std::string text{};
};

/// Whether a backend can serve, and why not.
struct Health {
  /// False: this backend can never serve again, so restart the server. A database that is away does not make it false:
  /// the backend recovers by itself.
  bool live = true;
  /// False: send no requests now.
  bool ready = true;
  std::vector<HealthReason> reasons{};      ///< also those that leave it ready
  std::string_view backend{};               ///< its name, such as "sqlite"
  std::chrono::microseconds latency{0};     ///< how long the check took
  std::optional<StorageDetails> details{};  ///< not set if the backend does not answer, or reports none

  /// Adds a reason, with what it means for `live` and `ready`. When memory runs out, only that.
  void add(HealthProblem problem, std::string text) noexcept {
    if (problem == HealthProblem::closed) { live = false; }
    if (problem != HealthProblem::unknown_schema && problem != HealthProblem::busy) { ready = false; }
    try {
      reasons.push_back({problem, std::move(text)});
    } catch (...) { return; }
  }
};

}  // namespace heddle
