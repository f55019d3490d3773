// A policy that lacks the SQL of one store: Heddle's message is the first error.
#include "heddle/sqlite.hpp"

struct Incomplete : heddle::Sqlite {
#ifndef HEDDLE_CONTROL
  struct Dialect {
    using Sessions = heddle::sqlite::SessionStatements;
    using Messages = heddle::sqlite::MessageStatements;
  };
#endif
};

int main() { const heddle::Backend<Incomplete> backend({.path = ":memory:"}); }
