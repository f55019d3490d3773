// A policy that has the SQL of administration and no way to run it: our sentence comes first.
#include "heddle/sqlite.hpp"

struct Incomplete : heddle::Sqlite {
#ifndef HEDDLE_CONTROL
  class Engine : public heddle::sqlite::Engine {
   public:
    using heddle::sqlite::Engine::Engine;
    void administer() = delete;  // hides that of SQLite
  };
#endif
};

int main() { const heddle::Backend<Incomplete> backend({.path = ":memory:"}); }
