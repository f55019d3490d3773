// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/hidden_by_import.hpp"

#include <cstdint>
#include <string_view>

namespace heddle::transfer {

/// What an import writes, and what an erasure will remove, is hidden by a time of deletion of this and the real one, or
/// 0.
inline constexpr std::int64_t hidden = sql::hidden_by_import;

/// The id of the session to which records without one belong until the end of the import.
inline constexpr std::string_view staging_session = sql::session_of_import;

/// The digest in the row of `imports` while an erasure keeps new data out: none of a stream.
inline constexpr std::string_view erasure_mark = "erasure";

}  // namespace heddle::transfer
