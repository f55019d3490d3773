#include "adopted.hpp"

#if HEDDLE_COMMAND_WITH_POSTGRES
#include <heddle/postgres_adoption.hpp>
#else
#include <heddle/error.hpp>
#endif

namespace command {

#if !HEDDLE_COMMAND_WITH_POSTGRES
namespace {
[[noreturn]] void refuse() {
  throw heddle::Error(heddle::ErrorCode::failed_precondition, "this build has no PostgreSQL backend");
}
}  // namespace
#endif

std::int64_t check_schema([[maybe_unused]] const heddle::Context& context, [[maybe_unused]] const std::string& dsn,
                          [[maybe_unused]] const heddle::AdoptionOptions& options) {
#if HEDDLE_COMMAND_WITH_POSTGRES
  return heddle::check_loom_schema(context, dsn, options.schema);
#else
  refuse();
#endif
}

heddle::AdoptionReport adopt_schema([[maybe_unused]] heddle::AnyBackend& target,
                                    [[maybe_unused]] const heddle::Context& context,
                                    [[maybe_unused]] const std::string& dsn,
                                    [[maybe_unused]] const heddle::AdoptionOptions& options) {
#if HEDDLE_COMMAND_WITH_POSTGRES
  return heddle::adopt_loom_schema(target, context, dsn, options);
#else
  refuse();
#endif
}

}  // namespace command
