// Prints lines of OTLP, each kind of span that OtlpLines writes, for the script `otlp_schema`.
#include "heddle/tracing/otlp_lines.hpp"

#include <iostream>
#include <string>

int main() {
  using namespace heddle;
  OtlpLines tracer(std::cout,
                   {.service = "a \"service\"", .system = "sqlite", .tenants = TenantHash(std::string(16, 'k'))});
  Context context = Context::for_user("ada");
  { const auto span = tracer.start({context, context.user_id, Operation::ping}); }
  context.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  {
    auto span = tracer.start({context, context.user_id, Operation::save_message});
    span.stored(2);
    span.fail(Error(ErrorCode::unavailable, "the words", "08006", Outcome::in_doubt));
  }
  auto span = tracer.start({context, {}, Operation::purge_deleted_sessions});
  span.count(std::int64_t{1} << 40U);
  span.warn("first");
  span.warn("second");
}
