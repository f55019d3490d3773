// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstdint>
#include <string_view>

namespace heddle::sql {

/// What an import writes is hidden by a time of deletion of this and the real one, or 0, until the import ends. It is
/// beyond all times.
inline constexpr std::int64_t hidden_by_import = std::int64_t{1} << 62U;

/// The id of the hidden session to which records without one belong until the import ends. No other session may have
/// it.
inline constexpr std::string_view session_of_import = "\x01import";

}  // namespace heddle::sql
