// A policy that lacks one function of its engine: Heddle's message is the first error.
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
