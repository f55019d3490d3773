#pragma once

#include <heddle/any_backend.hpp>
#include <heddle/context.hpp>
#include <heddle/model/adoption.hpp>

#include <cstdint>
#include <string>

/// What `heddle adopt` calls: files of their own, as each takes long to compile.
namespace command {

/// See heddle::check_loom_file.
[[nodiscard]] std::int64_t check_file(const heddle::Context& context, const std::string& file,
                                      const heddle::AdoptionOptions& options);
/// See heddle::check_loom_schema. Throws `failed_precondition` if this build has no PostgreSQL backend.
[[nodiscard]] std::int64_t check_schema(const heddle::Context& context, const std::string& dsn,
                                        const heddle::AdoptionOptions& options);
/// See heddle::adopt_loom_file.
[[nodiscard]] heddle::AdoptionReport adopt_file(heddle::AnyBackend& target, const heddle::Context& context,
                                                const std::string& file, const heddle::AdoptionOptions& options);
/// See heddle::adopt_loom_schema. Throws `failed_precondition` if this build has no PostgreSQL backend.
[[nodiscard]] heddle::AdoptionReport adopt_schema(heddle::AnyBackend& target, const heddle::Context& context,
                                                  const std::string& dsn, const heddle::AdoptionOptions& options);

}  // namespace command
