// A statement that is run with a number in the place of a text.
#include "heddle/sqlite.hpp"

void erase(heddle::sqlite::transaction::Transaction& transaction) {
  const auto& sql = heddle::sql::statements<heddle::sqlite::SessionStatements>();
#ifdef HEDDLE_CONTROL
  transaction.run(sql.remove, transaction.user_id(), "session");
#else
  transaction.run(sql.remove, transaction.user_id(), 7);
#endif
}
