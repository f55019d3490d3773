// How much longer than its time limit an agent's SQL runs, whatever it is: SQL that once ran long, and SQL that is
// generated to. Prints the worst statements.
//
//   hostile_queries [statements] [milliseconds of the limit] [seed]
//
// On a machine with other load a statement can run late without a fault of the guard. So one that is late runs again,
// and counts as the earliest of three.

#include "heddle/model/query_limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/query_image.hpp"

#include "support/hostile_corpus.hpp"
#include "support/hostile_sql.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
constexpr double allowed = 50;

struct Late {
  double milliseconds = 0;
  std::string what{};
};

/// Keeps the latest.
class Worst {
 public:
  void add(double milliseconds, std::string what) {
    late_.push_back({milliseconds, std::move(what)});
    std::sort(late_.begin(), late_.end(), [](const Late& a, const Late& b) { return a.milliseconds > b.milliseconds; });
    late_.resize(std::min<std::size_t>(late_.size(), 5));
  }
  [[nodiscard]] const std::vector<Late>& late() const { return late_; }

 private:
  std::vector<Late> late_{};
};

std::vector<std::byte> image() {
  heddle::Table table{{"n", "word", "h"}, {}};
  for (std::int64_t i = 0; i < 20'000; ++i) {
    table.rows.push_back({i, "word " + std::to_string(i * 7919 % 20'000), std::monostate{}});
  }
  for (std::int64_t i = 0; i < 5; ++i) { table.rows.push_back({i, std::string("long"), std::string(1'000'000, '1')}); }
  return heddle::sealed_query::build_image("t", table);
}

/// How the query ended, and how long it took.
std::pair<std::string, double> run(const std::vector<std::byte>& image, const std::string& sql,
                                   const heddle::QueryLimits& limits) {
  std::string end = "rows";
  const auto start = std::chrono::steady_clock::now();
  try {
    static_cast<void>(heddle::sealed_query::query_image(image, sql, limits, {}));
  } catch (const heddle::Error& error) { end = std::string(heddle::to_string(error.code())); }
  return {end, Milliseconds(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace

int main(int count, char** arguments) {
  const auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(arguments[at], nullptr, 10) : otherwise;
  };
  const auto statements = number(1, 200'000);
  heddle::QueryLimits limits;
  limits.time = std::chrono::milliseconds(number(2, 20));
  const auto limit = static_cast<double>(limits.time.count());
  support::HostileSql generator(number(3, 20260817));
  const auto stored = image();

  Worst worst;
  std::map<std::string, std::uint64_t> ends;
  std::uint64_t too_late = 0;
  const auto measure = [&](const std::string& sql, const std::string& what) {
    auto [end, took] = run(stored, sql, limits);
    for (int again = 0; again < 2 && took > limit + allowed / 2; ++again) {
      took = std::min(took, run(stored, sql, limits).second);
    }
    ++ends[end];
    if (took > limit + allowed) { ++too_late; }
    worst.add(took - limit, what);
  };
  for (const auto& each : support::statements_that_ran_long()) { measure(each.sql, each.name); }
  for (std::uint64_t i = 0; i < statements; ++i) {
    const auto sql = generator.next();
    measure(sql, "statement " + std::to_string(i) + ": " + sql.substr(0, 100));
  }

  for (const auto& [end, times] : ends) {
    std::printf("%9llu %s\n", static_cast<unsigned long long>(times), end.c_str());
  }
  for (const auto& each : worst.late()) { std::printf("%8.1f ms late: %s\n", each.milliseconds, each.what.c_str()); }
  std::printf("%llu statements ended later than %.0f ms after their limit of %.0f ms\n",
              static_cast<unsigned long long>(too_late), allowed, limit);
  return too_late == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
