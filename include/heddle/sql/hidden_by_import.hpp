// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstdint>

namespace heddle::sql {

/// What an import writes is hidden by a time of deletion of this and the real one, or 0, until the import ends. It is
/// beyond all times.
inline constexpr std::int64_t hidden_by_import = std::int64_t{1} << 62U;

}  // namespace heddle::sql
