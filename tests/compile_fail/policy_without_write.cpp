// A policy that lacks one method of its engine: our sentence comes first.
#include "heddle/sqlite.hpp"

struct Incomplete : heddle::Sqlite {
  class Engine : public heddle::Sqlite::Engine {
   public:
    using heddle::Sqlite::Engine::Engine;
#ifndef HEDDLE_CONTROL
    void write() = delete;
#endif
  };
};

int main() { const heddle::Backend<Incomplete> backend({.path = ":memory:"}); }
