// A tracer whose spans have no `fail`: Heddle's message is the first error.
#include "heddle/sqlite.hpp"

struct Tracer {
  struct Span {
#ifdef HEDDLE_CONTROL
    void fail(const heddle::Error& /*error*/) {}
#endif
  };
  Span start(const heddle::Call& /*call*/) noexcept { return {}; }
};

int main() { const heddle::Backend<heddle::Sqlite, Tracer> backend({.path = ":memory:"}); }
