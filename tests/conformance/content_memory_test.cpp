#include "conformance/contents.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/long_run.hpp"
#include "support/own_memory.hpp"
#include "support/sanitizers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::own_bytes;

CONFORMANCE_TEST("a content of any length needs the same memory, both ways") {
  if (support::keeps_freed_memory) { return; }
  constexpr std::int64_t mebibyte = std::int64_t{1} << 20U;
  const std::int64_t size = support::size_of_run(96, 1024) * mebibyte;
  for (const ArtifactContent place : both_places) {
    if (place == ArtifactContent::database && keeps_in_memory<Subject>) { continue; }
    Subject subject({.content = place});
    auto& store = subject.backend().artifact_store();
    // What every put needs.
    store.put(alice, {.id = "first"}, bytes_of(many_bytes));
    static_cast<void>(store.verify(alice, "first"));
    const std::int64_t before = own_bytes();
    std::int64_t most = 0;
    std::int64_t rest = size;
    const auto zeros = [&](std::span<char> buffer) {
      most = std::max(most, own_bytes());
      const auto count = std::min(rest, static_cast<std::int64_t>(buffer.size()));
      rest -= count;
      std::fill_n(buffer.begin(), count, '\0');
      return static_cast<std::size_t>(count);
    };
    CHECK(store.put(alice, {.id = "large"}, zeros).size_bytes == size);
    auto reader = store.open(alice, "large");
    std::vector<char> buffer(static_cast<std::size_t>(mebibyte));
    for (std::size_t count = 1; count != 0;) {
      count = reader.read(buffer);
      rest += static_cast<std::int64_t>(count);
      most = std::max(most, own_bytes());
    }
    CHECK(rest == size);
    CHECK(most - before < 40 * mebibyte);
  }
}
