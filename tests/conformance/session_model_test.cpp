#include "support/session_model.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/long_run.hpp"
#include "support/session_steps.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace conformance;
using namespace heddle;

// Random appends, forks, rewinds, folds, redactions and deletions, compared to plain vectors.

CONFORMANCE_TEST("after every step sessions are what plain vectors say") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  constexpr std::uint32_t seed = 20261126;
  support::SessionModel model(seed);
  const std::int64_t steps = support::size_of_run(500, 100'000);
  std::string word;
  for (std::int64_t number = 0; number < steps; ++number) {
    const support::Step step = model.next();
    CAPTURE(number);
    CAPTURE(static_cast<int>(step.kind));
    support::make(store, alice, step);
    model.make(step);
    REQUIRE(model.difference(store, alice) == "");
    if (step.kind == support::StepKind::append) { word = step.text; }
    REQUIRE(model.difference_of_search(store, alice, word.empty() ? "w0" : word) == "");
  }
}
