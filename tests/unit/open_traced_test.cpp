#include "heddle/open_traced.hpp"

#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace {

/// Counts spans.
struct Counting {
  struct Span {
    void fail(const heddle::Error& /*error*/) noexcept {}
  };
  Span start(const heddle::Call& /*call*/) noexcept {
    ++*calls;
    return {};
  }
  std::shared_ptr<int> calls = std::make_shared<int>(0);
};

}  // namespace

TEST_CASE("a tracer observes the opened backend") {
  const Counting tracer;
  auto storage = heddle::open(heddle::parse_config_json(R"({"sqlite": {"path": ":memory:"}})"), {}, tracer);
  const int before = *tracer.calls;
  storage.ping();
  CHECK(*tracer.calls == before + 1);
}

TEST_CASE("a configuration with metrics needs a tracer that counts") {
  const auto config = heddle::parse_config_json(R"({"metrics": true, "sqlite": {"path": ":memory:"}})");
  CHECK(support::code_of([&] { static_cast<void>(heddle::open(config, {}, Counting())); }) ==
        heddle::ErrorCode::invalid_argument);
}
