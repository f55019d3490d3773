#pragma once

#include "heddle/context.hpp"
#include "heddle/transfer.hpp"

#include <string>

namespace support {

/// Returns a digest of all data of a tenant.
template <class Backend>
std::string digest_of(Backend& backend, const heddle::Context& context) {
  return heddle::export_user(backend, context, {}).records_checksum;
}

}  // namespace support
