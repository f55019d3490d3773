#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Streams that are not what an export has written.

namespace {

/// Returns the stream of a small tenant.
template <class Backend>
std::string small_stream(Backend& backend) {
  add_session(backend, alice, "s");
  backend.session_storage().save_message(alice, "s", says("first"));
  backend.session_storage().save_message(alice, "s", says("second"));
  backend.artifact_store().put(alice, {.id = "a", .name = "a"}, "content");
  return exported(backend, alice).bytes;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string stream;
  for (const std::string& line : lines) { stream.append(line).append("\n"); }
  return stream;
}

/// Returns the message of the error with which a stream is refused; checks that it is `data_loss`.
template <class Backend>
std::string refusal_of(Backend& backend, const std::string& stream) {
  try {
    import_user(backend, alice, stream);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::data_loss);
    return error.what();
  }
  return "accepted";
}

template <class Backend>
void check_empty(Backend& backend) {
  CHECK(backend.session_storage().list_sessions(alice).items.empty());
  CHECK(backend.artifact_store().list(alice, {.include_deleted = true}).items.empty());
  CHECK(backend.artifact_store().content_usage(alice).stored_bytes == 0);
  CHECK(!abort_import(backend, alice));
}

}  // namespace

CONFORMANCE_TEST("a damaged stream is refused with the line, and nothing is written") {
  Subject subject;
  Subject other;
  auto& target = other.backend();
  const std::string stream = small_stream(subject.backend());
  const auto lines = lines_of(stream);
  const auto with = [&](std::size_t line, const std::string& text) {
    auto changed = lines;
    changed[line - 1] = text;
    return joined(changed);
  };
  const auto refused_at = [&](const std::string& damaged, std::size_t line) {
    return refusal_of(target, damaged).find("line " + std::to_string(line) + " of the stream ") == 0;
  };
  const std::size_t last = lines.size();
  CHECK(refused_at("", 1));
  CHECK(refused_at(with(1, "{}"), 1));
  CHECK(refused_at(with(2, "no JSON"), 2));
  CHECK(refused_at(with(3, R"({"type":"spaceship"})"), 3));
  CHECK(refused_at(with(3, R"({"type":"branch"})"), 3));
  CHECK(refused_at(with(3, lines[2].substr(0, lines[2].size() - 1) + R"(,"more":1})"), 3));
  CHECK(refused_at(stream.substr(0, stream.size() - 1), last));
  CHECK(refused_at(stream.substr(0, stream.size() - 10), last));
  CHECK(refused_at(joined({lines.begin(), lines.end() - 1}), last));
  CHECK(refused_at(stream + "\n", last + 1));
  CHECK(refused_at(stream + stream, last + 1));
  std::string other_text = stream;
  other_text.replace(other_text.find("second"), 6, "Second");
  CHECK(refused_at(other_text, last));
  auto swapped = lines;
  const auto message = std::find_if(swapped.begin(), swapped.end(),
                                    [](const std::string& line) { return line.find(R"({"type":"message")") == 0; });
  std::iter_swap(message, message + 1);
  CHECK(refused_at(joined(swapped), last));
  check_empty(target);
  // What was refused is no obstacle.
  CHECK(import_user(target, alice, stream).records == static_cast<std::int64_t>(lines.size()) - 2);
}

CONFORMANCE_TEST("streams with random damage are refused, and nothing stays") {
  Subject subject;
  Subject other;
  fill(subject.backend(), alice);
  const std::string stream = exported(subject.backend(), alice).bytes;
  const auto lines = lines_of(stream);
  std::mt19937_64 random(20261126);
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random() % end); };
  const std::int64_t rounds = support::size_of_run(10, 334);
  for (std::int64_t round = 0; round < rounds; ++round) {
    CAPTURE(round);
    CHECK(refusal_of(other.backend(), stream.substr(0, below(stream.size()))).find("line ") == 0);
    std::string flipped = stream;
    const std::size_t at = below(stream.size());
    flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << below(8)));
    const std::string refusal = refusal_of(other.backend(), flipped);
    CHECK(refusal.find("line ") == 0);
    auto swapped = lines;
    const std::size_t one = below(lines.size());
    std::size_t two = one;
    while (lines[two] == lines[one]) { two = below(lines.size()); }
    std::swap(swapped[one], swapped[two]);
    CHECK(refusal_of(other.backend(), joined(swapped)).find("line ") == 0);
    check_empty(other.backend());
  }
}
