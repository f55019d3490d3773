#include "conformance/transfers.hpp"
#include "support/long_run.hpp"
#include "support/own_memory.hpp"
#include "support/sanitizers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::own_bytes;

CONFORMANCE_TEST("an export of any length needs the same memory") {
  if (support::keeps_freed_memory || keeps_in_memory<Subject>) { return; }
  constexpr std::int64_t mebibyte = std::int64_t{1} << 20U;
  const std::int64_t size = support::size_of_run(60, 500) * mebibyte;
  constexpr std::int64_t size_of_message = 20'000;
  constexpr std::size_t at_once = 50;
  Subject subject;
  auto& backend = subject.backend();
  const std::vector<Message> messages(at_once, says(std::string(static_cast<std::size_t>(size_of_message), 'x')));
  std::int64_t stored = 0;
  for (int number = 0; stored < size; ++number) {
    const std::string id = "s" + std::to_string(number % 7);
    if (number < 7) { add_session(backend, alice, id); }
    backend.session_storage().save_messages(alice, id, messages);
    stored += static_cast<std::int64_t>(at_once) * size_of_message;
  }
  // What every export needs.
  add_session(backend, bob, "s");
  backend.session_storage().save_messages(bob, "s", messages);
  exported(backend, bob);
  const std::int64_t before = own_bytes();
  std::int64_t most = before;
  std::int64_t bytes = 0;
  const ExportReport report = export_user(backend, alice, [&](std::string_view piece) {
    bytes += static_cast<std::int64_t>(piece.size());
    most = std::max(most, own_bytes());
  });
  CHECK(report.counts.at("message") == stored / size_of_message);
  CHECK(report.bytes == bytes);
  CHECK(bytes > size);
  MESSAGE("grown by " << (most - before) / 1024 << " KiB");
  CHECK(most - before < 16 * mebibyte);
}
