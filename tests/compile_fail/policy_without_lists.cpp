// A policy whose statements of messages cannot read any: our sentence comes first.
#include "heddle/sqlite.hpp"

struct Incomplete : heddle::Sqlite {
#ifndef HEDDLE_CONTROL
  struct Dialect : heddle::sqlite::Dialect {
    struct Messages {};
  };
#endif
};

int main() { const heddle::Backend<Incomplete> backend({.path = ":memory:"}); }
