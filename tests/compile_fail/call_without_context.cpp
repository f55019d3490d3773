// Every operation requires a Context.
#include "heddle/sqlite.hpp"

void save(heddle::SessionStore<heddle::Sqlite, heddle::NoTracing>& sessions) {
  const heddle::Session session{.id = "s"};
  sessions.save_session(heddle::Context::for_user("ada"), session);
#ifndef HEDDLE_CONTROL
  sessions.save_session(session);
#endif
}
