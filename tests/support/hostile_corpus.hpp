#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// SQL that once ran long, on a table `t` with the columns n, word and h.
namespace support {

/// How a statement is stopped.
enum class Ending {
  guard,  ///< it would run for long: it ends when its time is over
  limit,  ///< it needs too much of something that is limited, and ends before its time is over
  done    ///< it ends by itself; in between it is asked often whether to stop
};

struct HostileStatement {
  std::string name;
  std::string sql;
  Ending ending;
};

/// `count` parts, each made from its number.
template <class Part>
[[nodiscard]] std::string numbered(int count, std::string_view separator, Part part) {
  std::string all;
  for (int i = 0; i < count; ++i) { all.append(i == 0 ? "" : separator).append(part(std::to_string(i))); }
  return all;
}

[[nodiscard]] inline std::string repeated(std::string_view part, int times, std::string_view separator = "") {
  return numbered(times, separator, [part](const std::string& /*number*/) { return part; });
}

/// WITH c0 AS (first), c1 AS (step over c0), ...; `@` in `step` is replaced by the name of the previous one.
[[nodiscard]] inline std::string chain(std::string_view first, std::string_view step, int steps) {
  std::string sql = "WITH c0(y) AS (" + std::string(first) + ")";
  for (int i = 1; i <= steps; ++i) {
    sql += ", c" + std::to_string(i) + "(y) AS (";
    for (const char c : step) { c == '@' ? sql += "c" + std::to_string(i - 1) : sql += c; }
    sql += ")";
  }
  return sql + " SELECT count(y) FROM c" + std::to_string(steps);
}

[[nodiscard]] inline std::vector<HostileStatement> statements_that_ran_long() {
  const std::string long_text = "replace(hex(zeroblob(500000)), '0', '1')";
  const std::string on_long_text = " FROM (SELECT " + long_text + " AS h LIMIT 1)";
  const std::string million = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 50000000) ";
  const std::string rows = "(SELECT a.n FROM t a, t b, t c)";
  const std::string never = " LEFT JOIN (SELECT NULL AS c0, NULL AS c1 FROM t LIMIT 1) z ON w.n < 0 ";
  const auto of = [](std::string_view before, std::string_view after) {
    return [before, after](const std::string& number) { return std::string(before) + number + std::string(after); };
  };
  const auto json = "('[' || replace(hex(zeroblob(250000)), '0', '1,') || '1]')";
  return {
      // Compiling.
      {"many distinct windows", "SELECT " + numbered(990, ",", of("sum(n) OVER (ORDER BY n + ", ")")) + " FROM t",
       Ending::limit},
      {"many distinct windows with names",
       "SELECT " + numbered(30, ",", of("rank() OVER w", "")) + " FROM t a, t b, t c WINDOW " +
           numbered(1500, ",", of("w", " AS (ORDER BY a.n, b.n, c.n)")),
       Ending::guard},
      {"many aggregates", "SELECT " + numbered(1990, ",", of("sum(n + ", ")")) + " FROM t", Ending::limit},
      {"expressions that double", chain("SELECT n FROM t", "SELECT y + y FROM @ WHERE y + y > 5", 40), Ending::limit},
      {"joins that double", chain("SELECT n FROM t", "SELECT a.y FROM @ a, @ b", 40), Ending::limit},
      {"unions that double", chain("SELECT n FROM t", "SELECT y FROM @ UNION ALL SELECT y FROM @", 30), Ending::limit},
      // Sorts, which are one opcode.
      {"a sort by 1,200 columns",
       "SELECT w.n FROM " + rows + " w" + never + "ORDER BY " + numbered(1200, ",", of("z.c0 + ", "")), Ending::guard},
      {"a sort by 100 columns",
       "SELECT w.n FROM " + rows + " w" + never + "ORDER BY " + numbered(100, ",", of("z.c1 + ", "")), Ending::guard},
      {"a sort of numbers", million + "SELECT i FROM r ORDER BY -i", Ending::guard},
      {"a sort for groups", million + "SELECT count(*) FROM r GROUP BY -i", Ending::guard},
      {"a sort for a window", million + "SELECT sum(i) OVER (ORDER BY -i) FROM r", Ending::guard},
      {"distinct values", million + "SELECT count(DISTINCT -i) FROM r", Ending::guard},
      // One call of a function.
      {"a long pattern of LIKE", "SELECT h LIKE '%" + repeated("1", 240) + "2%'" + on_long_text, Ending::done},
      {"a long pattern of GLOB", "SELECT h GLOB '*" + repeated("1", 240) + "2*'" + on_long_text, Ending::done},
      {"a long set of GLOB", "SELECT h GLOB '*[" + repeated("2", 220) + "1]3*'" + on_long_text, Ending::done},
      {"many characters to trim", "SELECT trim(h, '" + repeated("2", 60) + "1')" + on_long_text, Ending::done},
      {"many paths into JSON",
       std::string("SELECT json_extract(j, ") + repeated("'$[#-1]'", 120, ",") + ") FROM (SELECT " + json +
           " AS j LIMIT 1)",
       Ending::limit},
      {"many changes of JSON",
       std::string("SELECT json_set(j, ") + repeated("'$[#-1]', 2", 60, ",") + ") FROM (SELECT " + json +
           " AS j LIMIT 1)",
       Ending::limit},
      {"many modifiers of a date", "SELECT date('now', " + repeated("h || ' days'", 100, ",") + ")" + on_long_text,
       Ending::limit},
      // Code without a jump, on a long value in a register.
      {"many sums with a long text",
       "SELECT " + numbered(1900, ",", of("max(h) + ", "")) + " FROM (SELECT " + long_text + " AS h FROM t LIMIT 3)",
       Ending::limit},
      {"many casts of a long text",
       "SELECT " + repeated("CAST(max(h) AS INT)", 900, ",") + " FROM (SELECT " + long_text + " AS h FROM t LIMIT 3)",
       Ending::limit},
      {"many conditions on a long text",
       "SELECT " + numbered(900, ",", of("max(h) AND ", "")) + " FROM (SELECT " + long_text + " AS h FROM t LIMIT 3)",
       Ending::limit},
      // The stack.
      {"IN without SELECT", chain("VALUES (1)", "VALUES (1 IN @)", 1500), Ending::limit},
      {"EXISTS in VALUES", chain("VALUES (1)", "VALUES (EXISTS (VALUES (1 IN @)))", 1000), Ending::limit},
  };
}

}  // namespace support
