// A statement that is run with one argument too few.
#include "heddle/sqlite.hpp"

void erase(heddle::sqlite::transaction::Transaction& transaction) {
  const auto& sql = heddle::sql::statements<heddle::sqlite::SessionStatements>();
#ifdef HEDDLE_CONTROL
  transaction.run(sql.remove, transaction.user_id(), "session");
#else
  transaction.run(sql.remove, transaction.user_id());
#endif
}
