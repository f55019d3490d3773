// How much longer than its time limit an agent's SQL runs, whatever it is: SQL that once ran long, and SQL that is
// generated to. Prints the worst statements.
//
//   hostile_queries [statements] [milliseconds of the limit] [seed]
//
// On a machine with other load a statement can end late without a fault of the guard. So one that is late runs again,
// and counts as the earliest of three; and the processor's time is measured too, which no other load makes longer. With
// a short limit it tells almost the same.

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
#include <ctime>
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

/// How a query ended, and how many milliseconds it took: by the clock and of the processor.
struct Run {
  std::string end = "rows";
  double elapsed = 0;
  double used = 0;
};

double processor_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

Run run(const std::vector<std::byte>& image, const std::string& sql, const heddle::QueryLimits& limits) {
  Run result;
  const auto start = std::chrono::steady_clock::now();
  const double used = processor_milliseconds();
  try {
    static_cast<void>(heddle::sealed_query::query_image(image, sql, limits, {}));
  } catch (const heddle::Error& error) { result.end = std::string(heddle::to_string(error.code())); }
  result.used = processor_milliseconds() - used;
  result.elapsed = Milliseconds(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  const auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(arguments[at], nullptr, 10) : otherwise;
  };
  const auto statements = number(1, 200'000);
  heddle::QueryLimits limits;
  limits.time = std::chrono::milliseconds(number(2, 10));
  const auto limit = static_cast<double>(limits.time.count());
  support::HostileSql generator(number(3, 20260817));
  const auto stored = image();

  Worst worst;
  Worst busiest;
  std::map<std::string, std::uint64_t> ends;
  std::uint64_t too_late = 0;
  const auto measure = [&](const std::string& sql, const std::string& what) {
    const Run first = run(stored, sql, limits);
    double took = first.elapsed;
    for (int again = 0; again < 2 && took > limit + allowed / 2; ++again) {
      took = std::min(took, run(stored, sql, limits).elapsed);
    }
    ++ends[first.end];
    if (took > limit + allowed) { ++too_late; }
    worst.add(took - limit, what);
    busiest.add(first.used, what);
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
  for (const auto& each : busiest.late()) {
    std::printf("%8.1f ms of the processor: %s\n", each.milliseconds, each.what.c_str());
  }
  std::printf("%llu statements ended later than %.0f ms after their limit of %.0f ms\n",
              static_cast<unsigned long long>(too_late), allowed, limit);
  return too_late == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
