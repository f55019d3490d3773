#include "heddle/tracing/trace_context.hpp"

#include "heddle/tracing/database_code.hpp"
#include "heddle/tracing/tenant_hash.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;

TEST_CASE("a trace parent is read as W3C says") {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto context = parse_trace_parent(good);
  REQUIRE(context.has_value());
  CHECK(context->trace_id == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(context->span_id == "00f067aa0ba902b7");
  CHECK(context->sampled);
  CHECK(to_trace_parent(*context) == good);
  CHECK_FALSE(parse_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02")->sampled);
  CHECK(parse_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0b")->sampled);
  CHECK(parse_trace_parent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes").has_value());

  for (const char* bad : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                          "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                          "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_trace_parent(bad).has_value());
  }
}

TEST_CASE("a child is in the trace of its parent, or begins one") {
  const TraceContext parent{"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", false};
  const TraceContext child = child_of(parent);
  CHECK(child.trace_id == parent.trace_id);
  CHECK(child.span_id != parent.span_id);
  CHECK_FALSE(child.sampled);
  const TraceContext first = child_of({});
  CHECK(first.sampled);
  CHECK(parse_trace_parent(to_trace_parent(first)).has_value());
}

TEST_CASE("tenants are hashed with a key") {
  // RFC 4231, test case 1.
  CHECK(TenantHash(std::string(20, '\x0b')).of("Hi There") == "b0344c61d8db38535ca8afceaf0bf12b");
  CHECK(TenantHash().of("ada").empty());
  CHECK(TenantHash(std::string(16, 'k')).of("").empty());
  CHECK(TenantHash(std::string(16, 'k')).of("ada") != TenantHash(std::string(16, 'l')).of("ada"));
  CHECK(support::code_of([] { const TenantHash weak("short"); }) == ErrorCode::invalid_argument);
}

TEST_CASE("only what can be the code of a database is one") {
  const auto text = [](const std::string& code) {
    return std::string(tracing::DatabaseCode(Error(ErrorCode::internal, "x", code)).text());
  };
  CHECK(text("40P01") == "40P01");
  CHECK(text("5") == "5");
  CHECK(text("password").empty());
  CHECK(text("a b").empty());
  CHECK(text("").empty());
}
