#include "heddle/sqlite.hpp"

void use(heddle::SessionStore<heddle::Sqlite, heddle::NoTracing>& sessions) {
#ifndef HEDDLE_CONTROL
  sessions.save_session({}, "s");
#else
  sessions.save_session({}, {.id = "s"});
#endif
}
