// Members of records in SQL.
#include "heddle/sql/columns.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/record.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle::sql;

namespace {

struct Book {
  std::string id{};
  std::string title{};
  std::int64_t pages = 0;
};

/// A record whose members are columns of others.
struct Size {
  std::int64_t width = 0;
  std::int64_t height = 1;
};

struct Picture {
  std::string id{};
  Size size{};
  std::string title{};
};

/// A row of a database.
struct Source {
  std::vector<std::optional<std::string>> values;

  [[nodiscard]] const std::optional<std::string>& at(int column) const {
    return values.at(static_cast<std::size_t>(column));
  }
  [[nodiscard]] bool is_null(int column) const { return !at(column).has_value(); }
  [[nodiscard]] std::string_view text(int column) const {
    return is_null(column) ? std::string_view() : std::string_view(*at(column));
  }
  [[nodiscard]] std::int64_t integer(int column) const { return is_null(column) ? 0 : std::stoll(*at(column)); }
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
HEDDLE_ADAPT_STRUCT(Size, width, height);
HEDDLE_ADAPT_STRUCT(Picture, id, size, title);
HEDDLE_SPREAD(Size);
HEDDLE_NULL_BY_DEFAULT(Size, width);
HEDDLE_NULL_BY_DEFAULT(Picture, title);

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

TEST_CASE("the members of a spread record are columns in its place") {
  CHECK(columns<Picture>("p.") == "p.id, p.width, p.height, p.title");
  CHECK(columns<Picture>({}, {computed<&Size::height>("1")}) == "id, width, 1, title");
  CHECK(columns<Without<All<Picture>, &Picture::size>>() == "id, title");
  CHECK(columns<Only<&Picture::size>>() == "width, height");
  CHECK(width<Picture>() == 4);
  CHECK(placeholders<Picture>(2) == "?2, ?3, ?4, ?5");
  CHECK(placeholder<Picture, &Picture::size>(2) == "?3");
  CHECK(placeholder<Picture, &Picture::title>(2) == "?5");
  CHECK(updates<Only<&Picture::title, &Picture::size>>(1) == "title = ?1, width = ?2, height = ?3");
  Written written;
  write_argument(written, Fields<Picture>{{"p1", {3, 4}, "Looms"}});
  CHECK(written.all == "p1 3 4 Looms ");
  const Picture read = read_row<Picture>(Source{{"p2", "5", "6", "Heddles"}});
  CHECK(read.id == "p2");
  CHECK(read.size.width == 5);
  CHECK(read.size.height == 6);
  CHECK(read.title == "Heddles");
}

TEST_CASE("a member can be null by default: the default of its type is written as null and read from it") {
  Written written;
  write_argument(written, Fields<Picture>{{}});
  CHECK(written.all == " null 1 null ");
  const Picture read = read_row<Picture>(Source{{"p", std::nullopt, "1", std::nullopt}});
  CHECK(read.size.width == 0);
  CHECK(read.title.empty());
}
