#include "heddle/sqlite.hpp"

void use(heddle::SessionStore<heddle::Sqlite, heddle::NoTracing>& sessions) {
#ifndef HEDDLE_CONTROL
  sessions.save_message("s", {.content = "Hello"});
#else
  sessions.save_message({}, "s", {.content = "Hello"});
#endif
}
