// A policy that has the SQL of administration and no way to run it: our sentence comes first.
#include "heddle/sqlite.hpp"

struct Incomplete : heddle::Sqlite {
#ifndef HEDDLE_CONTROL
  struct Dialect : heddle::sqlite::Dialect {
    struct Admin {};
  };
#endif
};

int main() { const heddle::Backend<Incomplete> backend({.path = ":memory:"}); }
