// What the library knows of an adapted struct.
#include "heddle/reflection/members.hpp"
#include "heddle/model/message.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/reflection/type_traits.hpp"

#include <doctest/doctest.h>
#include <boost/hana/accessors.hpp>
#include <boost/hana/at_key.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/keys.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hana = boost::hana;
namespace reflection = heddle::reflection;

namespace {

struct NotAdapted {
  int number = 0;
};

struct One {
  std::string only{};
};

/// Named like a struct of the library.
struct Session {
  int number = 3;
};

/// The maximum number of members for HEDDLE_ADAPT_STRUCT.
struct Wide {
  int m0 = 0, m1 = 1, m2 = 2, m3 = 3, m4 = 4, m5 = 5, m6 = 6, m7 = 7, m8 = 8, m9 = 9, m10 = 10, m11 = 11, m12 = 12,
      m13 = 13, m14 = 14, m15 = 15;
  int m16 = 16, m17 = 17, m18 = 18, m19 = 19, m20 = 20, m21 = 21, m22 = 22, m23 = 23, m24 = 24, m25 = 25, m26 = 26,
      m27 = 27, m28 = 28, m29 = 29, m30 = 30, m31 = 31;
  int m32 = 32, m33 = 33, m34 = 34, m35 = 35, m36 = 36, m37 = 37, m38 = 38, m39 = 39, m40 = 40, m41 = 41, m42 = 42,
      m43 = 43, m44 = 44, m45 = 45, m46 = 46, m47 = 47;
  int m48 = 48, m49 = 49, m50 = 50, m51 = 51, m52 = 52, m53 = 53, m54 = 54, m55 = 55, m56 = 56, m57 = 57, m58 = 58,
      m59 = 59, m60 = 60, m61 = 61, m62 = 62, m63 = 63;
};

std::vector<std::string> names_of_message() {
  return {"role",         "content",    "content_blocks", "tool_calls", "tool_use_id", "tool_result", "session_context",
          "agent_id",     "timestamp",  "token_count",    "cost_usd",   "parts",       "provider_id", "model",
          "stop_reason",  "usage",      "metadata",       "session_id", "redacted",    "state",       "sequence",
          "folded_first", "folded_last"};
}

}  // namespace

HEDDLE_ADAPT_STRUCT(One, only);
HEDDLE_ADAPT_STRUCT(Session, number);
HEDDLE_ADAPT_STRUCT(Wide, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20,
                    m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40,
                    m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60,
                    m61, m62, m63);

TEST_CASE("an adapted struct is a record, and a struct of Boost.Hana") {
  CHECK(reflection::Record<One>);
  CHECK(reflection::Record<heddle::Message>);
  CHECK_FALSE(reflection::Record<NotAdapted>);
  CHECK_FALSE(reflection::Record<int>);
  CHECK(hana::Struct<One>::value);
  CHECK(hana::Struct<heddle::Message>::value);
  CHECK_FALSE(hana::Struct<NotAdapted>::value);
}

TEST_CASE("members are visited with their names in the order in which they are adapted") {
  heddle::Message message;
  std::vector<std::string> names;
  reflection::for_each_member(message, [&](const char* name, auto& /*member*/) { names.emplace_back(name); });
  CHECK(names == names_of_message());
  CHECK(std::vector<std::string>(reflection::member_names<heddle::Message>.begin(),
                                 reflection::member_names<heddle::Message>.end()) == names_of_message());
}

TEST_CASE("a visit passes the members themselves") {
  One one;
  reflection::for_each_member(one, [](const char* /*name*/, auto& member) { member = "changed"; });
  CHECK(one.only == "changed");
  const One fixed{"kept"};
  reflection::for_each_member(fixed, [](const char* /*name*/, const auto& member) { CHECK(member == "kept"); });
}

TEST_CASE("a struct can have a name that the library uses too") {
  const Session session;
  reflection::for_each_member(session, [](const char* name, const int& member) {
    CHECK(std::string(name) == "number");
    CHECK(member == 3);
  });
}

TEST_CASE("a struct can have 64 members") {
  const Wide wide;
  int expected = 0;
  reflection::for_each_member(wide, [&](const char* name, const int& member) {
    CHECK(name == "m" + std::to_string(expected));
    CHECK(member == expected++);
  });
  CHECK(expected == 64);
  CHECK(decltype(hana::length(hana::accessors<Wide>()))::value == 64);
}

TEST_CASE("Boost.Hana returns the names and the members of an adapted struct") {
  heddle::Message message;
  message.content = "text";
  std::vector<std::string> names;
  hana::for_each(hana::accessors<heddle::Message>(), [&](const auto& member) {
    names.emplace_back(hana::first(member).c_str());
    static_cast<void>(hana::second(member)(message));
  });
  CHECK(names == names_of_message());
  CHECK(hana::at_key(message, BOOST_HANA_STRING("content")) == "text");
  hana::at_key(message, BOOST_HANA_STRING("sequence")) = std::int64_t{7};
  CHECK(message.sequence == 7);
}
