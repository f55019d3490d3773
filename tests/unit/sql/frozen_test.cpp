// Stored forms of a record do not change when the record gets more members.
#include "heddle/sql/frozen.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/json_codec.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace heddle::sql;

namespace {

/// A record of the first version.
struct First {
  std::string name{};
  std::int64_t size = 1;
  std::string filled_in{};
};

/// The same after some versions: more members, in another order.
struct Grown {
  std::optional<std::string> note{};
  std::int64_t size = 1;
  bool marked = true;
  std::string filled_in{};
  std::string name{};
};

/// The same with the later members in another order.
struct Reordered {
  bool marked = true;
  std::string name{};
  std::string filled_in{};
  std::int64_t size = 1;
  std::optional<std::string> note{};
};

/// A record that is stored as JSON, in the first version and after some versions.
struct Piece {
  std::string name{};
  std::int64_t size = 1;
};
struct GrownPiece {
  bool marked = true;
  std::int64_t size = 1;
  std::optional<std::string> note{};
  std::string name{};
};

/// Records inside a record.
struct Box {
  std::vector<Piece> parts{};
};
struct GrownBox {
  std::vector<GrownPiece> parts{};
};

}  // namespace

HEDDLE_ADAPT_STRUCT(First, name, size, filled_in);
HEDDLE_ADAPT_STRUCT(Grown, note, size, marked, filled_in, name);
HEDDLE_ADAPT_STRUCT(Reordered, marked, name, filled_in, size, note);
HEDDLE_ADAPT_STRUCT(Piece, name, size);
HEDDLE_ADAPT_STRUCT(GrownPiece, marked, size, note, name);
HEDDLE_ADAPT_STRUCT(Box, parts);
HEDDLE_ADAPT_STRUCT(GrownBox, parts);

namespace heddle::sql {

template <class T>
struct FormOfFirst {
  using Members = reflection::Only<&T::name, &T::size>;
  using Ignored = reflection::Only<&T::filled_in>;
};
template <>
struct Frozen<First> : FormOfFirst<First> {};
template <>
struct Frozen<Grown> : FormOfFirst<Grown> {};
template <>
struct Frozen<Reordered> : FormOfFirst<Reordered> {};
template <class T>
struct FormOfPiece {
  using Members = reflection::Only<&T::name, &T::size>;
  using Ignored = reflection::Only<>;
};
template <>
struct Frozen<Piece> : FormOfPiece<Piece> {};
template <>
struct Frozen<GrownPiece> : FormOfPiece<GrownPiece> {};
template <class T>
struct FormOfBox {
  using Members = reflection::Only<&T::parts>;
  using Ignored = reflection::Only<>;
};
template <>
struct Frozen<Box> : FormOfBox<Box> {};
template <>
struct Frozen<GrownBox> : FormOfBox<GrownBox> {};

}  // namespace heddle::sql

namespace {

Grown grown(const std::string& name) {
  Grown record;
  record.name = name;
  return record;
}

}  // namespace

TEST_CASE("a later member does not change the fingerprint while it has its default") {
  First first;
  first.name = "a";
  CHECK(fingerprint(grown("a")) == fingerprint(first));
  CHECK(fingerprint(grown("a")) == fingerprint(std::string("a"), std::int64_t{1}));
  CHECK(fingerprint(grown("b")) != fingerprint(first));
  CHECK(fingerprint(std::string("id"), grown("a")) == fingerprint(std::string("id"), first));
}

TEST_CASE("a later member that is set is in the fingerprint with its name") {
  const std::string plain = fingerprint(grown("a"));
  Grown noted = grown("a");
  noted.note = "";
  CHECK(fingerprint(noted) != plain);
  Grown unmarked = grown("a");
  unmarked.marked = false;
  CHECK(fingerprint(unmarked) != plain);
  CHECK(fingerprint(unmarked) != fingerprint(noted));

  Fingerprint expected;
  expected.add(std::string("a")).add(std::int64_t{1}).add_later<Frozen<Grown>>(unmarked);
  CHECK(fingerprint(unmarked) == expected.hex());
}

TEST_CASE("members that are not part of the request are not in the fingerprint") {
  Grown read = grown("a");
  read.filled_in = "by a read";
  CHECK(fingerprint(read) == fingerprint(grown("a")));
}

TEST_CASE("a later member of one record is not taken for one of the next record") {
  Grown marked = grown("a");
  marked.marked = false;
  CHECK(fingerprint(marked, grown("b")) != fingerprint(grown("a"), grown("b")));
  Grown second = grown("b");
  second.marked = false;
  CHECK(fingerprint(marked, grown("b")) != fingerprint(grown("a"), second));
}

TEST_CASE("the order of a struct's members does not change its fingerprint") {
  Grown record = grown("a");
  record.size = 2;
  record.note = "n";
  record.marked = false;
  Reordered other;
  other.name = "a";
  other.size = 2;
  other.note = "n";
  other.marked = false;
  CHECK(fingerprint(record) == fingerprint(other));
}

TEST_CASE(
    "records inside a record have the same JSON text, and so the same fingerprint, while later members are not set") {
  Box box;
  box.parts.resize(2);
  box.parts[1].name = "b";
  GrownBox other;
  other.parts.resize(2);
  other.parts[1].name = "b";
  CHECK(json::encode(other.parts) == R"([{"name":"","size":1},{"name":"b","size":1}])");
  CHECK(json::encode(other.parts) == json::encode(box.parts));
  CHECK(fingerprint(other) == fingerprint(box));

  other.parts[1].marked = false;
  other.parts[1].note = "n";
  CHECK(json::encode(other.parts[1]) == R"({"name":"b","size":1,"marked":false,"note":"n"})");
  CHECK(fingerprint(other) != fingerprint(box));
}

TEST_CASE("JSON text of any version can be read") {
  const GrownPiece old = json::decode<GrownPiece>(R"({"name":"b","size":3})");
  CHECK(old.name == "b");
  CHECK(old.size == 3);
  CHECK(old.marked);
  CHECK_FALSE(old.note.has_value());
  const GrownPiece later = json::decode<GrownPiece>(R"({"name":"b","size":3,"marked":false,"note":"n","unknown":[]})");
  CHECK_FALSE(later.marked);
  CHECK(later.note == "n");
}
