// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/sqlite/config.hpp"

namespace heddle::sqlite {

/// Throws unless encryption is off. Plain SQLite takes a key in silence and writes plain text; an encrypting build of
/// it is not supported yet, so that whoever asks for encryption never gets a plain file.
inline void check_encryption(const Config& config) {
  if (config.encrypt == config.encryption_key.empty()) {
    throw Error(ErrorCode::invalid_argument, config.encrypt ? "encryption is on but no encryption key is configured"
                                                            : "an encryption key is configured but encryption is off");
  }
  if (!config.encrypt) { return; }
  throw Error(ErrorCode::failed_precondition,
              "encryption was asked for, but this build of Heddle cannot encrypt: turn `encrypt` off and encrypt the "
              "disk instead");
}

}  // namespace heddle::sqlite
