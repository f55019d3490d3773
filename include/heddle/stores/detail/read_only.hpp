// Private: may change in every version; public headers include it where it is needed.
#pragma once

namespace heddle::stores::detail {

/// Returns true for a configuration for reading only: its backend does nothing by itself.
template <class Config>
[[nodiscard]] constexpr bool is_read_only([[maybe_unused]] const Config& config) noexcept {
  if constexpr (requires { static_cast<bool>(config.read_only); }) {
    return config.read_only;
  } else {
    return false;
  }
}

}  // namespace heddle::stores::detail
