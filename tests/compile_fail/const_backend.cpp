#include <heddle/sqlite.hpp>

bool can_back_up(heddle::Backend<heddle::Sqlite>& backend) {
#ifndef HEDDLE_CONTROL
  const auto& asked = backend;
#else
  auto& asked = backend;
#endif
  return static_cast<bool>(heddle::online_backup(asked));
}
