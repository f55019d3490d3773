// Pages of lists and their cursors.
#include "heddle/sql/list_page.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/search.hpp"
#include "heddle/options.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/listing.hpp"
#include "support/crafted_cursor.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace heddle::sql;

using heddle::PageRequest;

namespace {

struct Row {
  std::int64_t number = 0;
  std::string id{};
};

Position place_of(const Row& row) { return {row.number, row.id}; }

/// Returns the message of the refusal of a page; empty if it is accepted.
template <class... Arguments>
std::string refusal(Listing listing, const PageRequest& request, const Arguments&... arguments) {
  try {
    const ListPage page(listing, request, default_limit, {}, arguments...);
    static_cast<void>(page.start());
  } catch (const heddle::Error& error) {
    CHECK(error.code() == heddle::ErrorCode::invalid_argument);
    return error.what();
  }
  return {};
}

/// Returns the cursor of the second page of a list.
template <class... Arguments>
std::string cursor_of(Listing listing, const Arguments&... arguments) {
  const ListPage page(listing, {.limit = 1}, default_limit, {}, arguments...);
  return page.of(std::vector<Row>{{5, "five"}, {6, "six"}}, place_of).next;
}

const std::string foreign = "page.cursor does not belong to this list";

}  // namespace

TEST_CASE("a page has as many rows as requested, and a cursor if there are more") {
  const std::string agent = "a";
  const ListPage page(Listing::sessions_of_agent, {.limit = 2}, default_limit, {after_all, {}}, agent);
  CHECK(page.start().at == after_all);
  CHECK(page.rows() == 3);
  const auto first = page.of(std::vector<Row>{{9, "x"}, {8, "y.z"}, {7, "z"}}, place_of);
  CHECK(first.items.size() == 2);
  REQUIRE_FALSE(first.next.empty());

  const ListPage following(Listing::sessions_of_agent, {.limit = 2, .cursor = first.next}, default_limit,
                           {after_all, {}}, agent);
  CHECK(following.start().at == 8);
  CHECK(following.start().id == "y.z");
  CHECK(following.start().time() == heddle::Timestamp(std::chrono::microseconds(8)));
  const auto last = following.of(std::vector<Row>{{7, "z"}}, place_of);
  CHECK(last.items.size() == 1);
  CHECK(last.next.empty());
}

TEST_CASE("a page without a limit has the default one") {
  CHECK(ListPage(Listing::sessions, {}, 100, {}).rows() == 101);
  CHECK(ListPage(Listing::sessions, {.limit = heddle::limits::page}, 100, {}).rows() == heddle::limits::page + 1);
  CHECK(refusal(Listing::sessions, {.limit = -1}) == "page.limit is not between 0 and 10000");
  CHECK(refusal(Listing::sessions, {.limit = heddle::limits::page + 1}) == "page.limit is not between 0 and 10000");
}

TEST_CASE("keyed rows and offsets have their own positions") {
  const ListPage keyed(Listing::executions, {.limit = 1}, default_limit, {});
  const auto page = keyed.of_keyed(RowList<Keyed<heddle::MessageSearch>>{{{"first"}, {"second"}}, {17, 18}});
  REQUIRE(page.items.size() == 1);
  CHECK(page.items.front().query == "first");
  CHECK(ListPage(Listing::executions, {.cursor = page.next}, default_limit, {}).start().at == 17);

  const ListPage offsets(Listing::found_messages, {.limit = 2}, default_limit, {});
  const std::string next = offsets.of_offset(RowList<Row>{std::vector<Row>(3)}).next;
  const ListPage second(Listing::found_messages, {.limit = 2, .cursor = next}, default_limit, {});
  CHECK(second.start().at == 2);
  const ListPage third(Listing::found_messages, {.cursor = second.of_offset(RowList<Row>{std::vector<Row>(3)}).next},
                       default_limit, {});
  CHECK(third.start().at == 4);
}

TEST_CASE("a page of rows that were cut ends with the last of them") {
  const ListPage page(Listing::sessions, {.limit = 3}, default_limit, {});
  const auto cut = page.of(RowList<Row>{{{9, "x"}, {8, "y"}}, true}, place_of);
  CHECK(cut.items.size() == 2);
  CHECK(ListPage(Listing::sessions, {.cursor = cut.next}, default_limit, {}).start().id == "y");
  CHECK(page.of(RowList<Row>{{{9, "x"}, {8, "y"}}, false}, place_of).next.empty());

  const ListPage offsets(Listing::found_messages, {.limit = 3}, default_limit, {});
  const std::string next = offsets.of_offset(RowList<Row>{std::vector<Row>(2), true}).next;
  CHECK(ListPage(Listing::found_messages, {.cursor = next}, default_limit, {}).start().at == 2);
}

TEST_CASE("a cursor belongs to one list") {
  const std::string id = "s";
  const std::string cursor = cursor_of(Listing::messages_of_session, id);
  CHECK(refusal(Listing::messages_of_session, {.cursor = cursor}, id).empty());
  CHECK(refusal(Listing::messages_of_parent, {.cursor = cursor}, id) == foreign);
  CHECK(refusal(Listing::messages_of_session, {.cursor = cursor}) == foreign);
  std::set<std::string> cursors;
  for (std::size_t each = 0; each < heddle::EnumNames<Listing>::values.size(); ++each) {
    cursors.insert(cursor_of(static_cast<Listing>(each)));
  }
  CHECK(cursors.size() == heddle::EnumNames<Listing>::values.size());
}

TEST_CASE("a cursor belongs to the arguments of its list") {
  const std::string one = "one";
  const std::string other = "other";
  const std::string of_agent = cursor_of(Listing::sessions_of_agent, one);
  CHECK(refusal(Listing::sessions_of_agent, {.cursor = of_agent}, one).empty());
  CHECK(refusal(Listing::sessions_of_agent, {.cursor = of_agent}, other) == foreign);

  const std::string of_snapshots = cursor_of(Listing::snapshots, one, other);
  CHECK(refusal(Listing::snapshots, {.cursor = of_snapshots}, one, other).empty());
  CHECK(refusal(Listing::snapshots, {.cursor = of_snapshots}, other, one) == foreign);

  const heddle::MessageSearch search{.query = "word", .session_id = "s"};
  const std::string of_search = cursor_of(Listing::found_messages, search);
  const auto refused = [&of_search](const heddle::MessageSearch& another) {
    return refusal(Listing::found_messages, {.cursor = of_search}, another);
  };
  CHECK(refused(search).empty());
  CHECK(refused({.query = "words", .session_id = "s"}) == foreign);
  CHECK(refused({.query = "word"}) == foreign);
  CHECK(refused({.query = "word", .session_id = "s", .agent_id = "a"}) == foreign);

  heddle::ArtifactFilter filter;
  const std::string of_artifacts = cursor_of(Listing::artifacts, filter);
  CHECK(refusal(Listing::artifacts, {.cursor = of_artifacts}, filter).empty());
  filter.tags = {"red"};
  CHECK(refusal(Listing::artifacts, {.cursor = of_artifacts}, filter) == foreign);
  filter.tags.clear();
  filter.include_deleted = true;
  CHECK(refusal(Listing::artifacts, {.cursor = of_artifacts}, filter) == foreign);
}

TEST_CASE("malformed cursors are refused") {
  const std::string cursor = cursor_of(Listing::sessions);
  for (const char* position : {"", "1", ".", "x.", "1x.", "9223372036854775808.a", "-9223372036854775809.a"}) {
    CAPTURE(position);
    CHECK(refusal(Listing::sessions, {.cursor = support::with_position(cursor, position)}) == foreign);
  }
  for (const std::string& position : {std::string("-9223372036854775808."), std::string("0.any id.")}) {
    CHECK(refusal(Listing::sessions, {.cursor = support::with_position(cursor, position)}).empty());
  }
  for (const std::string& text : {std::string("x"), std::string("."), cursor.substr(0, 16), cursor.substr(1)}) {
    CHECK(refusal(Listing::sessions, {.cursor = text}) == foreign);
  }
  CHECK(refusal(Listing::sessions, {.cursor = "\xff"}) ==
        "page.cursor is not UTF-8 without NUL at byte 0: heddle::repair_text makes it so");
  CHECK(refusal(Listing::sessions, {.cursor = std::string(heddle::limits::name + 1, 'x')}) ==
        "page.cursor is longer than 4096 bytes");
}
