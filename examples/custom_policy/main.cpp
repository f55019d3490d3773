// A custom policy: counts the units of work of server code without changing that code.
#include "counting.hpp"

#include <heddle/sqlite.hpp>
#include <heddle/sqlite/policy.ipp>

#include <iostream>

namespace {

/// Server code, written against the concept: it does not depend on the policy.
void serve(heddle::StorageBackend auto& storage) {
  const auto context = heddle::Context::for_user("alice");
  auto& sessions = storage.session_storage();
  sessions.save_session(context, {.id = "s"});
  sessions.save_message(context, "s", {.content = "Hello"});
  const auto session = sessions.load_session(context, "s");
  std::cout << session->messages.items.size() << " message\n";
}

}  // namespace

int main() {
  using Policy = Counting<heddle::Sqlite>;
  heddle::Backend<Policy> backend({.path = ":memory:"});
  backend.migrate();
  serve(backend);
  std::cout << Policy::writes << " writes, " << Policy::reads << " reads\n";
  return Policy::writes == 2 && Policy::reads == 1 ? 0 : 1;
}
