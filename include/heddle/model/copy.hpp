#pragma once

#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace heddle {

/// What a copy does with a tenant.
enum class CopyState {
  reading,    ///< the first that is told of each tenant
  storing,    ///< told after each batch
  copied,     ///< it is stored at the target and verified
  unchanged,  ///< the target had the same already, by counts and digest
  kept        ///< the target has other data, which stays; see CopyOptions
};

template <>
struct EnumNames<CopyState> {
  static constexpr std::array<std::string_view, 5> values{"reading", "storing", "copied", "unchanged", "kept"};
};

/// How far a copy has come.
struct CopyProgress {
  std::string tenant{};
  std::int64_t number = 0;   ///< of the tenant, from 1
  std::int64_t tenants = 0;  ///< as counted at the start; `number` becomes larger if there are new ones
  CopyState state = CopyState::reading;
  std::int64_t stored = 0;   ///< records of this tenant that are committed; 0 before they are stored
  std::int64_t records = 0;  ///< records of this tenant; 0 before they are known
};

/// Takes the progress of a copy, in its thread. What it throws leaves the copy, which can go on later.
using CopyObserver = std::function<void(const CopyProgress& progress)>;

/// Options of `copy`.
struct CopyOptions {
  /// A tenant that has other data at the target is left as it is there; else the copy throws `conflict`.
  bool keep_other_data = false;
  CopyObserver on_progress{};
};

/// What a copy has done.
struct CopyReport {
  std::int64_t tenants = 0;  ///< the sum of the next three
  std::int64_t copied = 0;
  std::int64_t unchanged = 0;
  std::int64_t kept = 0;
  std::int64_t resumed = 0;                      ///< of those that were copied: an earlier call had begun
  std::int64_t records = 0;                      ///< of those that were copied
  std::map<std::string, std::int64_t> counts{};  ///< the same by type
};

}  // namespace heddle
