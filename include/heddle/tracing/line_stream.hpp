// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <ostream>

namespace heddle::tracing {

/// Lets a stream of lines that failed, for example because a disk was full, take lines again. What was written of a
/// line before is ended, so that it is not the beginning of the next one.
inline void make_good(std::ostream& stream) {
  if (stream.good()) { return; }
  stream.clear();
  stream << '\n';
}

}  // namespace heddle::tracing
