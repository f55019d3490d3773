// Parts of records, selected by the names of their members.
#include "heddle/reflection/selection.hpp"
#include "heddle/model/message.hpp"
#include "heddle/reflection/adapt.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace heddle::reflection;

namespace {

struct Point {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::string label{};
};

/// Returns the names in a selection, separated by spaces.
template <class Selection>
std::string names() {
  std::string list;
  for (const char* name : Selected<Selection>::names) { list.append(list.empty() ? "" : " ").append(name); }
  return list;
}

}  // namespace

HEDDLE_ADAPT_STRUCT(Point, x, y, label);

TEST_CASE("a selection has its members in its own order or that of the record") {
  CHECK(names<Point>() == "x y label");
  CHECK(names<All<Point>>() == "x y label");
  CHECK(names<Only<&Point::label, &Point::x>>() == "label x");
  CHECK(names<Only<>>().empty());
  CHECK(names<Without<All<Point>, &Point::y>>() == "x label");
  CHECK(names<Without<Only<&Point::label, &Point::x>, &Point::label>>() == "x");
  CHECK(names<Without<All<Point>>>() == "x y label");
  CHECK(names<Join<Only<&Point::y>, Only<&Point::label, &Point::x>>>() == "y label x");
  CHECK(names<Join<Without<All<Point>, &Point::x>, Only<&Point::x>>>() == "y label x");
  CHECK(names<Without<All<heddle::Message>, &heddle::Message::content_blocks, &heddle::Message::tool_calls,
                      &heddle::Message::tool_result, &heddle::Message::timestamp>>() ==
        "role content tool_use_id session_context agent_id token_count cost_usd parts provider_id model stop_reason "
        "usage "
        "metadata session_id redacted state sequence folded_first folded_last");
}

TEST_CASE("members of a selection are visited in its order") {
  const Point point{1, 2, "here"};
  std::vector<std::string> visited;
  auto visit = [&visited]<class Value>(const char* name, const Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
      visited.push_back(name + ("=" + value));
    } else {
      visited.push_back(name + ("=" + std::to_string(value)));
    }
  };
  Selected<Only<&Point::label, &Point::x>>::visit(point, visit);
  CHECK(visited == std::vector<std::string>{"label=here", "x=1"});
}

TEST_CASE("a selection knows the types and the positions of its members") {
  std::string types;
  auto visit = [&types]<class Value>(std::type_identity<Value> /*type*/) {
    types += std::is_same_v<Value, std::string> ? "text " : "number ";
  };
  Selected<Join<Only<&Point::label>, Only<&Point::y>>>::visit_types(visit);
  CHECK(types == "text number ");
  CHECK(Selected<Point>::index<&Point::x>() == 0);
  CHECK(Selected<Point>::index<&Point::label>() == 2);
  CHECK(Selected<Only<&Point::label, &Point::x>>::index<&Point::x>() == 1);
}
