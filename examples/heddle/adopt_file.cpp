#include "adopted.hpp"

#include <heddle/adoption.hpp>

namespace command {

std::int64_t check_file(const heddle::Context& /*context*/, const std::string& file,
                        const heddle::AdoptionOptions& /*options*/) {
  return heddle::check_loom_file(file);
}

heddle::AdoptionReport adopt_file(heddle::AnyBackend& target, const heddle::Context& context, const std::string& file,
                                  const heddle::AdoptionOptions& options) {
  return heddle::adopt_loom_file(target, context, file, options);
}

}  // namespace command
