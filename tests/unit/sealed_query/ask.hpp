#pragma once

#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/query_image.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Queries of agents on an image, for the tests of the sealed query.
namespace sealed_query_tests {

using Image = std::vector<std::byte>;

inline const Image& cities() {
  static const Image image = heddle::sealed_query::build_image(
      "cities", heddle::Table{{"name", "people", "note"},
                              {{std::string("Bern"), std::int64_t{134}, std::string("top-secret")},
                               {std::string("Genève"), std::int64_t{203}, std::monostate{}},
                               {std::string("Zürich"), std::int64_t{436}, std::string("[broken json")}}});
  return image;
}

inline const Image& numbers() {
  static const Image image = [] {
    heddle::Table table{{"n", "word"}, {}};
    for (std::int64_t i = 0; i < 20'000; ++i) {
      table.rows.push_back({i, "word " + std::to_string(i * 7919 % 20'000)});
    }
    return heddle::sealed_query::build_image("numbers", table);
  }();
  return image;
}

inline heddle::Table ask(const Image& image, std::string_view sql, const heddle::QueryLimits& limits = {},
                         const heddle::Context& context = {}) {
  return heddle::sealed_query::query_image(image, sql, limits, context);
}

inline heddle::Cell value(std::string_view sql) {
  const auto answer = ask(cities(), sql);
  REQUIRE(answer.rows.size() == 1);
  return answer.rows[0].at(0);
}

struct Failure {
  heddle::ErrorCode code{};
  std::string message;
  bool operator==(heddle::ErrorCode other) const { return code == other; }
  [[nodiscard]] bool says(std::string_view part) const { return message.find(part) != std::string::npos; }
};

inline Failure failure(const Image& image, std::string_view sql, const heddle::QueryLimits& limits = {},
                       const heddle::Context& context = {}) {
  try {
    const auto answer = ask(image, sql, limits, context);
    return {heddle::ErrorCode::internal, "no failure, " + std::to_string(answer.rows.size()) + " rows"};
  } catch (const heddle::Error& error) { return {error.code(), error.what()}; }
}

}  // namespace sealed_query_tests
