#include "heddle/tracing/opentelemetry.hpp"

#include <doctest/doctest.h>

#include <opentelemetry/nostd/variant.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace heddle;
namespace trace = opentelemetry::trace;
namespace common = opentelemetry::common;
namespace nostd = opentelemetry::nostd;

namespace {

/// What a span was told.
struct Told {
  std::string name{};
  trace::StartSpanOptions how{};
  std::map<std::string, std::string> attributes{};
  std::vector<std::string> events{};
  std::string status{};
  trace::StatusCode code = trace::StatusCode::kUnset;
  bool has_ended = false;
};

std::string text_of(const common::AttributeValue& value) {
  if (const auto* const text = nostd::get_if<nostd::string_view>(&value)) { return {text->data(), text->size()}; }
  if (const auto* const number = nostd::get_if<std::int64_t>(&value)) { return std::to_string(*number); }
  if (const auto* const plain = nostd::get_if<const char*>(&value)) { return *plain; }
  return "of another type";
}

class FakeSpan final : public trace::Span {
 public:
  explicit FakeSpan(std::shared_ptr<Told> told) : told_(std::move(told)) {}
  void SetAttribute(nostd::string_view key, const common::AttributeValue& value) noexcept override {
    told_->attributes[std::string(key)] = text_of(value);
  }
  void AddEvent(nostd::string_view name) noexcept override { told_->events.emplace_back(name); }
  void AddEvent(nostd::string_view name, common::SystemTimestamp /*time*/) noexcept override { AddEvent(name); }
  void AddEvent(nostd::string_view name, const common::KeyValueIterable& /*attributes*/) noexcept override {
    AddEvent(name);
  }
  void AddEvent(nostd::string_view name, common::SystemTimestamp /*time*/,
                const common::KeyValueIterable& /*attributes*/) noexcept override {
    AddEvent(name);
  }
  void SetStatus(trace::StatusCode code, nostd::string_view description) noexcept override {
    told_->code = code;
    told_->status = std::string(description);
  }
  void UpdateName(nostd::string_view /*name*/) noexcept override {}
  void End(const trace::EndSpanOptions& /*options*/) noexcept override { told_->has_ended = true; }
  trace::SpanContext GetContext() const noexcept override { return trace::SpanContext::GetInvalid(); }
  bool IsRecording() const noexcept override { return true; }

 private:
  std::shared_ptr<Told> told_;
};

class FakeTracer final : public trace::Tracer {
 public:
  nostd::shared_ptr<trace::Span> StartSpan(nostd::string_view name, const common::KeyValueIterable& /*attributes*/,
                                           const trace::SpanContextKeyValueIterable& /*links*/,
                                           const trace::StartSpanOptions& options) noexcept override {
    told = std::make_shared<Told>();
    told->name = std::string(name);
    told->how = options;
    return nostd::shared_ptr<trace::Span>(new FakeSpan(told));
  }
  void ForceFlushWithMicroseconds(std::uint64_t /*timeout*/) noexcept override {}
  void CloseWithMicroseconds(std::uint64_t /*timeout*/) noexcept override {}

  std::shared_ptr<Told> told;
};

}  // namespace

static_assert(Tracer<OpenTelemetryTracer>);

TEST_CASE("a span of opentelemetry-cpp has the caller's trace, and no words of errors") {
  auto* const fake = new FakeTracer;
  const nostd::shared_ptr<trace::Tracer> owner(fake);
  const TenantHash tenants(std::string(16, 'k'));
  OpenTelemetryTracer tracer(owner, {.system = "sqlite", .tenants = tenants});
  Context context = Context::for_user("ada");
  context.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  {
    auto span = tracer.start({context, context.user_id, Operation::save_message});
    CHECK_FALSE(fake->told->has_ended);
    span.stored(2);
    span.count(3);
    span.warn("a privilege is missing");
    span.fail(Error(ErrorCode::unavailable, "CANARY", "08006", Outcome::in_doubt));
  }
  const Told& told = *fake->told;
  CHECK(told.has_ended);
  CHECK(told.name == "save_message");
  CHECK(told.how.kind == trace::SpanKind::kClient);
  const auto* const parent = nostd::get_if<trace::SpanContext>(&told.how.parent);
  REQUIRE(parent != nullptr);
  CHECK(parent->IsSampled());
  CHECK(parent->IsRemote());
  char hex[32];
  parent->trace_id().ToLowerBase16(nostd::span<char, 32>(hex, 32));
  CHECK(std::string(hex, 32) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(told.code == trace::StatusCode::kError);
  CHECK(told.status.empty());
  CHECK(told.attributes == std::map<std::string, std::string>{{"db.system.name", "sqlite"},
                                                              {"db.operation.name", "save_message"},
                                                              {"user.hash", tenants.of("ada")},
                                                              {"error.type", "unavailable"},
                                                              {"db.response.status_code", "08006"},
                                                              {"heddle.in_doubt", "true"},
                                                              {"heddle.items", "3"},
                                                              {"heddle.messages", "2"}});
  CHECK(told.events == std::vector<std::string>{"heddle.warning"});
}

TEST_CASE("a call without a trace has the active span as its parent") {
  auto* const fake = new FakeTracer;
  const nostd::shared_ptr<trace::Tracer> owner(fake);
  OpenTelemetryTracer tracer(owner);
  const Context context;
  { const auto span = tracer.start({context, {}, Operation::ping}); }
  CHECK(fake->told->attributes.count("user.hash") == 0);
  const auto* const parent = nostd::get_if<trace::SpanContext>(&fake->told->how.parent);
  CHECK((parent == nullptr || !parent->IsValid()));
}
