// A backend chosen at run time and watched, in a program that links heddle::open alone.
#include <heddle/open_traced.hpp>

#include <memory>

namespace {

struct Counter {
  struct Span {
    void fail(const heddle::Error& /*error*/) noexcept {}
  };
  [[nodiscard]] Span start(const heddle::Call& /*call*/) noexcept {
    ++*calls;
    return {};
  }

  std::shared_ptr<int> calls = std::make_shared<int>(0);
};

}  // namespace

bool stores_with_a_tracer() {
  const Counter tracer;
  heddle::v1::StorageConfig config;
  config.mutable_sqlite()->set_path(":memory:");
  heddle::AnyBackend backend = heddle::open(config, {}, tracer);
  const int before = *tracer.calls;
  backend.session_storage().save_session(heddle::Context::for_user("ada"), {.id = "first"});
  return *tracer.calls == before + 1;
}
