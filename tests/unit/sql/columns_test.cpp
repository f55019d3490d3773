// Members of records in SQL.
#include "heddle/sql/columns.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/record.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

using namespace heddle::sql;

namespace {

struct Book {
  std::string id{};
  std::string title{};
  std::int64_t pages = 0;
};

/// A sink that records values.
struct Written {
  std::string all{};

  void null() { all += "null "; }
  void integer(std::int64_t value) { all += std::to_string(value) + " "; }
  void real(double value) { all += std::to_string(value) + " "; }
  void text(std::string_view value) { all.append(value).append(" "); }
  void temporary_text(std::string_view value) { text(value); }
  void blob(std::span<const std::byte> /*value*/) { all += "blob "; }
};

}  // namespace

HEDDLE_ADAPT_STRUCT(Book, id, title, pages);

TEST_CASE("columns are the names of members") {
  CHECK(columns<Book>() == "id, title, pages");
  CHECK(columns<Book>("b.") == "b.id, b.title, b.pages");
  CHECK(columns<Only<&Book::pages, &Book::id>>() == "pages, id");
  CHECK(columns<Only<>>().empty());
  CHECK(width<Book>() == 3);
  CHECK(width<Without<All<Book>, &Book::id>>() == 2);
}

TEST_CASE("a computed column has the place of its member") {
  CHECK(columns<Book>("b.", {computed<&Book::title>("upper(b.title)")}) == "b.id, upper(b.title), b.pages");
  CHECK(columns<Book>({}, {computed<&Book::pages>("1"), computed<&Book::id>("key AS id")}) == "key AS id, title, 1");
}

TEST_CASE("an upsert assigns the members of a selection") {
  CHECK(assignments<Without<All<Book>, &Book::id>>() == "title = excluded.title, pages = excluded.pages");
}

TEST_CASE("an update sets the members of a selection to its arguments") {
  CHECK(updates<Only<&Book::pages, &Book::title>>(3) == "pages = ?3, title = ?4");
}

TEST_CASE("placeholders are numbered from the first argument of a selection on") {
  CHECK(placeholders(3, 2) == "?3, ?4");
  CHECK(placeholders(1, 0).empty());
  CHECK(placeholders<Book>(2) == "?2, ?3, ?4");
  CHECK(placeholders<Only<&Book::pages>>(7) == "?7");
  CHECK(placeholder<Book, &Book::pages>(4) == "?6");
  CHECK(placeholder<Only<&Book::pages, &Book::id>, &Book::pages>(4) == "?4");
}

TEST_CASE("fields of a record are arguments in the order of their selection") {
  const Book book{"b1", "Looms", 320};
  Written all;
  write_argument(all, Fields<Book>{book});
  CHECK(all.all == "b1 Looms 320 ");
  Written some;
  write_argument(some, Fields<Book, Only<&Book::pages, &Book::title>>{book});
  CHECK(some.all == "320 Looms ");
}
