#include "heddle/sqlite.hpp"

void use(heddle::SessionStore<heddle::Sqlite, heddle::NoTracing>& sessions) {
#ifndef HEDDLE_CONTROL
  static_cast<void>(sessions.load_messages("s"));
#else
  static_cast<void>(sessions.load_messages({}, "s"));
#endif
}
