#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace support {

/// Writes SQL that is made to run long, to need memory or stack, or to read what it may not: windows, sorts, joins, IN,
/// common table expressions, JSON, LIKE, aggregates, deep and wide. The same seed gives the same statements. They query
/// a table `t` with the columns n (numbers), word and h (long texts).
class HostileSql {
 public:
  explicit HostileSql(std::uint64_t seed) : random_(seed) {}

  /// Returns a statement of at most 64,000 bytes.
  [[nodiscard]] std::string next() {
    for (;;) {
      std::string sql = statement();
      if (sql.size() <= 64'000) { return sql; }
    }
  }

 private:
  using Text = std::string_view;

  [[nodiscard]] std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
  [[nodiscard]] bool once_in(std::size_t times) { return below(times) == 0; }
  template <std::size_t N>
  [[nodiscard]] const auto& one_of(const std::array<Text, N>& all) {
    return all[below(N)];
  }
  template <class... Texts>
  [[nodiscard]] std::string any(Texts... texts) {
    const std::array<Text, sizeof...(Texts)> all{Text(texts)...};
    return std::string(one_of(all));
  }
  [[nodiscard]] std::string number(std::size_t end) { return std::to_string(below(end)); }
  /// Mostly few, at times many.
  [[nodiscard]] std::size_t width(std::size_t most) {
    constexpr std::array<std::size_t, 10> widths{1, 1, 1, 2, 3, 5, 30, 120, 400, 1900};
    return std::min(most, widths[below(widths.size())]);
  }

  /// `count` parts with a separator; fewer if they would be longer than `most_bytes`.
  template <class Part>
  [[nodiscard]] static std::string list(std::size_t count, Text separator, std::size_t most_bytes, Part part) {
    std::string all;
    for (std::size_t i = 0; i < count && all.size() < most_bytes; ++i) {
      if (i > 0) { all += separator; }
      all += part(i);
    }
    return all;
  }
  [[nodiscard]] static std::string repeat(Text part, std::size_t times) {
    return list(times, "", SIZE_MAX, [part](std::size_t) { return part; });
  }

  static constexpr Text long_text = "replace(hex(zeroblob(500000)),'0','1')";
  static constexpr Text long_json = "('['||replace(hex(zeroblob(250000)),'0','1,')||'1]')";

  [[nodiscard]] std::string leaf() {
    switch (below(12)) {
      case 0: return "'x'";
      case 1: return "NULL";
      case 2: return "2.5";
      case 3: return "x'00ff'";
      case 4: return number(100'000);
      case 5: return "t.word";
      case 6: return "t.h";
      case 7: return "n+" + number(10'000);
      case 8: return once_in(4) ? std::string(long_text) : "1";
      default: return any("n", "word", "h");
    }
  }

  [[nodiscard]] std::string expression(int depth) {
    if (depth <= 0) { return leaf(); }
    const auto inner = [&] { return expression(depth - 1); };
    switch (below(23)) {
      case 0:
      case 1:
      case 2:
        return "(" + inner() +
               any("+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>", "=", "<", ">=", "<>", " IS ", " AND ", " OR ") +
               inner() + ")";
      case 3: return "(" + inner() + any(" LIKE ", " GLOB ", " NOT LIKE ") + pattern() + ")";
      case 4:
        return "CASE" +
               list(width(40), "", 3000, [&](std::size_t) { return " WHEN " + inner() + " THEN " + inner(); }) + " END";
      case 5:
        return "(" + inner() + " IN (" + list(width(1900), ",", 3000, [&](std::size_t) { return inner(); }) + "))";
      case 6: return "(" + inner() + " IN " + subquery(depth - 1) + ")";
      case 7: return "EXISTS " + subquery(depth - 1);
      case 8:
        return "(SELECT " + any("max(", "count(", "group_concat(", "sum(") + inner() + ") FROM t" + any("", ",t b") +
               ")";
      case 9: return any("replace", "substr") + "(" + inner() + "," + inner() + "," + inner() + ")";
      case 10:
        return any("instr", "trim", "ltrim", "rtrim", "like", "glob", "nullif", "ifnull", "round", "substr", "max",
                   "min") +
               "(" + inner() + "," + inner() + ")";
      case 11:
        return any("length", "upper", "lower", "hex", "quote", "abs", "unicode", "typeof", "json", "json_valid",
                   "json_array_length", "json_type", "zeroblob", "randomblob", "char", "sin", "round", "date") +
               "(" + inner() + ")";
      case 12:
        return any("json_array", "max", "coalesce", "char", "printf", "format") + "(1," +
               list(width(120), ",", 4000, [&](std::size_t) { return inner(); }) + ",2)";
      case 13:
        return any("json_extract", "json_remove", "json_type") + "(" + std::string(once_in(2) ? long_json : "h") + "," +
               "'$[" + any("0", "#-1", "5") + "]')";
      case 14:
        return "json_set(" + std::string(long_json) + "," +
               list(width(60), ",", 4000, [&](std::size_t) { return "'$[" + any("0", "#-1") + "]'," + leaf(); }) + ")";
      case 15: return "json_object(" + list(width(60), ",", 4000, [&](std::size_t) { return "'a'," + inner(); }) + ")";
      case 16: return "CAST(" + inner() + " AS " + any("INT", "TEXT", "REAL", "BLOB", "NUMERIC") + ")";
      case 17: return "(" + repeat(any("NOT ", "- ", "~ ", "+ "), width(30)) + inner() + ")";
      case 18:
        return "(" + list(width(240), any("+", "||", "*"), 2000, [&](std::size_t) { return any("n", "h", "1"); }) + ")";
      case 19: return "(" + inner() + " BETWEEN " + inner() + " AND " + inner() + ")";
      case 20: return "(" + inner() + " COLLATE " + any("NOCASE", "RTRIM", "BINARY") + ")";
      case 21:
        return any("date", "strftime") + "('now'," + list(width(100), ",", 4000, [&](std::size_t) { return inner(); }) +
               ")";
      default: return forbidden();
    }
  }

  [[nodiscard]] std::string pattern() {
    return "'" + repeat(any("%a", "*1", "%1", "_1%", "[0-9]*", "%%", "1"), width(120)) + any("", "2", "%") + "'";
  }

  /// What must not be readable; rarely, because it ends the statement.
  [[nodiscard]] std::string forbidden() {
    if (!once_in(10)) { return leaf(); }
    return any("(SELECT sql FROM sqlite_master)", "(SELECT count(*) FROM sqlite_schema)", "canary()",
               "load_extension('x')", "(SELECT * FROM canary)", "(SELECT * FROM temp.canary)",
               "readfile('/etc/passwd')", "(SELECT name FROM pragma_database_list)");
  }

  [[nodiscard]] std::string aggregate(int depth) {
    return any("sum", "count", "max", "min", "avg", "total", "group_concat", "json_group_array") + "(" +
           any("", "DISTINCT ") + expression(depth) + ")" +
           (once_in(5) ? " FILTER (WHERE " + expression(depth) + ")" : "");
  }

  [[nodiscard]] std::string window(int depth) {
    const auto of = expression(depth - 1);
    std::string call;
    switch (below(8)) {
      case 0: call = any("rank()", "row_number()", "cume_dist()", "ntile(5)", "percent_rank()"); break;
      case 1: call = any("lag", "lead") + "(" + of + "," + number(5000) + ")"; break;
      case 2: call = "nth_value(" + of + ",3)"; break;
      case 3: call = any("first_value", "last_value") + "(" + of + ")"; break;
      default: call = any("sum", "count", "group_concat", "max", "json_group_array") + "(" + of + ")"; break;
    }
    const auto order =
        list(width(40), ",", 1500, [&](std::size_t) { return expression(depth - 1) + any("", " DESC"); });
    return call + " OVER (" + (once_in(3) ? "PARTITION BY " + expression(depth - 1) + " " : "") + "ORDER BY " + order +
           any("", "", " ROWS BETWEEN 5000 PRECEDING AND 9 FOLLOWING",
               " GROUPS BETWEEN 3 PRECEDING AND CURRENT ROW EXCLUDE TIES", " ROWS UNBOUNDED PRECEDING") +
           ")";
  }

  [[nodiscard]] std::string source(int depth) {
    switch (below(10)) {
      case 0: return "t, (SELECT n AS m FROM t) b";
      case 1: return "t LEFT JOIN (SELECT NULL AS x, NULL AS y FROM t) q ON t.n < 0";
      case 2: return "t, json_each(" + any("'[1,2,3]'", long_json) + ") j";
      case 3: return "t, json_tree('" + repeat("[", 300) + repeat("]", 300) + "') j";
      case 4:
        return "t" +
               list(width(63), "", 4000, [&](std::size_t) { return any(" NATURAL JOIN t", " NATURAL LEFT JOIN t"); });
      case 5:
        return "t" + list(width(62), "", 4000,
                          [&](std::size_t i) { return ",(SELECT n AS k FROM t) a" + std::to_string(i); });
      case 6:
        if (depth > 0) { return "(SELECT n, word, h FROM (" + select(depth - 1, 1, "n,word,h") + ")) t"; }
        [[fallthrough]];
      default: return "t";
    }
  }

  /// `columns`: what is selected; empty for anything.
  [[nodiscard]] std::string select(int depth, std::size_t most_columns, Text columns = {}) {
    const auto part = [&] { return expression(static_cast<int>(below(static_cast<std::size_t>(depth) + 1))); };
    const bool grouped = columns.empty() && once_in(4);
    std::string chosen(columns);
    if (columns.empty()) {
      const auto kinds = list(width(6), ",", 3000, [&](std::size_t) {
        return grouped ? aggregate(depth - 1) : once_in(4) ? window(depth) : part();
      });
      const auto sum = grouped ? aggregate(0) : any("n", "h", "word");
      chosen = most_columns == 1 ? part() : kinds;
      const auto more = width(most_columns) - 1;
      if (more > 0) {
        chosen += "," + list(more, ",", 30'000,
                             [&](std::size_t i) { return sum + any("+", "=", "||", "%") + std::to_string(i); });
      }
    }
    std::string sql = "SELECT " + any("", "", "DISTINCT ") + chosen + " FROM " + source(depth);
    if (once_in(3)) {
      sql += " WHERE " + list(width(100), any(" AND ", " OR "), 6000, [&](std::size_t) { return part(); });
    }
    if (grouped && once_in(2)) {
      sql += " GROUP BY " + list(width(400), ",", 3000, [&](std::size_t) { return part() + "||''"; });
    }
    if (columns.empty() && once_in(12)) {
      const auto whole = sql;
      const auto operation = any(" UNION ALL ", " UNION ", " EXCEPT ", " INTERSECT ");
      return sql + list(width(90), "", 30'000, [&](std::size_t) { return operation + whole; });
    }
    if (once_in(3)) {
      const auto of = once_in(2) ? part() : any("n", "h", "word", "-n");
      sql += " ORDER BY " + list(width(1900), ",", 20'000, [&](std::size_t i) {
               return of + "||" + std::to_string(i) + any("", " DESC", " COLLATE NOCASE");
             });
    }
    if (once_in(4)) { sql += " LIMIT " + number(1'000'000); }
    return sql;
  }

  [[nodiscard]] std::string subquery(int depth) {
    return "(SELECT " + expression(depth) + " FROM t" + any("", " LIMIT 3", " ORDER BY n") + ")";
  }

  /// Common table expressions, each over the one before.
  [[nodiscard]] std::string chain() {
    const auto step =
        any("SELECT y+y FROM @", "SELECT DISTINCT y+1 FROM @", "SELECT a.y FROM @ a,@ b", "VALUES (1 IN @)",
            "VALUES (1 IN @),(2 IN @)", "SELECT y FROM @ UNION ALL SELECT y FROM @",
            "SELECT y+1 FROM @ ORDER BY y LIMIT 5", "SELECT max(y) OVER (ORDER BY y) FROM @",
            "SELECT (SELECT max(y) FROM @)+y FROM @", "SELECT y FROM @ WHERE y IN @", "SELECT sum(y) FROM @ GROUP BY y",
            "SELECT a.y FROM @ a LEFT JOIN @ b USING (y)", "SELECT y FROM @ WHERE EXISTS (SELECT * FROM @)");
    const std::size_t steps = 1 + width(190);
    std::string sql = "WITH c0(y) AS (SELECT n FROM t)";
    for (std::size_t i = 1; i <= steps; ++i) {
      sql += ",c" + std::to_string(i) + "(y) AS (";
      for (const char each : step) { sql += each == '@' ? "c" + std::to_string(i - 1) : std::string(1, each); }
      sql += ")";
    }
    return sql + any(" SELECT count(y) FROM c", " SELECT * FROM c") + std::to_string(steps);
  }

  [[nodiscard]] std::string statement() {
    const int depth = 1 + static_cast<int>(below(4));
    switch (below(10)) {
      case 0: return chain();
      case 1:
      case 2:
        return "WITH RECURSIVE r(i) AS (SELECT 1 UNION " + any("", "ALL ") + "SELECT " +
               any("i+1", "i+1", "i*2", "i||'x'") + " FROM r" + any("", " LIMIT " + number(9'999'999)) +
               "), t(n,word,h) AS (SELECT i,i||'w'," + any("NULL", "i", "randomblob(9)", long_text) + " FROM r) " +
               select(depth, 1900);
      case 3:
        return "WITH t AS " + any("", "MATERIALIZED ", "NOT MATERIALIZED ") + "(SELECT n,word," +
               any("h", long_text, long_json) + " AS h FROM main.t) " + select(depth, 1900);
      case 4: {
        // One value of a register, read again and again.
        const auto of = any("max(h)", "group_concat(h)", "max(h||1)", "first_value(h) OVER (ORDER BY n)",
                            "(SELECT h FROM t LIMIT 1)");
        const auto operation = any("+", "=", "<", " AND ", "*", "%", "||", " IS ");
        return "SELECT " +
               list(width(1900), ",", 55'000,
                    [&](std::size_t i) { return "(" + of + operation + std::to_string(i) + ")"; }) +
               " FROM (SELECT n,word," + any("h", long_text) + " AS h FROM t) t";
      }
      default: return select(depth, 1900);
    }
  }

  std::mt19937_64 random_;
};

}  // namespace support
