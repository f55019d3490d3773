// A backup with a backend that cannot copy its database.
#include "heddle/sqlite.hpp"

struct Plain : heddle::Sqlite {
  class Engine : public heddle::Sqlite::Engine {
   public:
    using heddle::Sqlite::Engine::Engine;
#ifndef HEDDLE_CONTROL
    void back_up() = delete;
#endif
  };
};

int main() {
  heddle::Backend<Plain> backend({.path = ":memory:"});
  backend.back_up({}, "copy.db");
}
