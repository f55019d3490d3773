#include "conformance/copies.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// All tenants of one backend into another.

namespace {

const Context carol = Context::for_user("carol");

/// Fills a session with more messages than one batch has.
template <class Backend>
void fill_long(Backend& backend, const Context& context) {
  add_session(backend, context, "long");
  std::vector<Message> many;
  for (int number = 0; number < 1200; ++number) { many.push_back(says("number " + std::to_string(number))); }
  backend.session_storage().save_messages(context, "long", many);
}

/// Fills three tenants, one of which has no session.
template <class Backend>
void fill_tenants(Backend& backend) {
  fill(backend, alice);
  fill_long(backend, bob);
  backend.error_store().store(carol, {.id = "e", .tool_name = "t", .raw_error = "e"});
}

template <class One, class Two>
void check_same(One& one, Two& two) {
  for (const Context& context : {alice, bob, carol}) {
    CAPTURE(context.user_id);
    const Exported first = exported(one, context);
    CHECK(first.report.records > 0);
    CHECK(exported(two, context).report.records_checksum == first.report.records_checksum);
    CHECK(exported(two, context).report.counts == first.report.counts);
  }
}

}  // namespace

COPY_TEST("all tenants are copied, and copied back they are the same") {
  typename Pair::Source from(administered);
  typename Pair::Target to(administered);
  typename Pair::Source back;
  fill_tenants(from.backend());
  const Context dave = Context::for_user("dave");
  add_session(to.backend(), dave, "only here");

  std::vector<std::string> ends;
  std::int64_t batches = 0;
  const auto observe = [&](const CopyProgress& progress) {
    CHECK(progress.tenants == 3);
    if (progress.state == CopyState::reading) { CHECK(progress.records == 0); }
    if (progress.state == CopyState::storing) { ++batches; }
    if (progress.state == CopyState::copied || progress.state == CopyState::unchanged) {
      CHECK(progress.stored == progress.records);
      ends.push_back(progress.tenant + " " + std::to_string(progress.number) + " " +
                     std::string(to_string(progress.state)));
    }
  };
  const CopyReport report = copy(from.backend(), to.backend(), {}, {.on_progress = observe});
  CHECK(ends == std::vector<std::string>{"alice 1 copied", "bob 2 copied", "carol 3 copied"});
  CHECK(batches >= 5);
  CHECK(report.tenants == 3);
  CHECK(report.copied == 3);
  CHECK(report.resumed == 0);
  CHECK(report.counts.at("error") == 3);
  check_same(from.backend(), to.backend());
  CHECK(to.backend().session_storage().list_sessions(dave).items == Ids{"only here"});

  // Once more, nothing is written.
  ends.clear();
  batches = 0;
  const CopyReport again = copy(from.backend(), to.backend(), {}, {.on_progress = observe});
  CHECK(ends == std::vector<std::string>{"alice 1 unchanged", "bob 2 unchanged", "carol 3 unchanged"});
  CHECK(batches == 0);
  CHECK(again.unchanged == 3);
  CHECK(again.copied == 0);
  CHECK(again.records == 0);

  CHECK(copy(to.backend(), back.backend()).copied == 4);
  check_same(from.backend(), back.backend());
}

COPY_TEST("a tenant that has other data at the target is refused, or left as it is") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill_tenants(from.backend());
  add_session(to.backend(), bob, "of the target");
  const Exported before = exported(to.backend(), bob);
  CHECK(code_of([&] { copy(from.backend(), to.backend()); }) == ErrorCode::conflict);
  CHECK(exported(to.backend(), bob).bytes == before.bytes);
  // Those before it stay, those after it wait.
  CHECK(exported(to.backend(), alice).report.records == exported(from.backend(), alice).report.records);
  CHECK(exported(to.backend(), carol).report.records == 0);

  std::vector<std::string> kept;
  const CopyReport report = copy(from.backend(), to.backend(), {},
                                 {.keep_other_data = true, .on_progress = [&](const CopyProgress& progress) {
                                    if (progress.state == CopyState::kept) { kept.push_back(progress.tenant); }
                                  }});
  CHECK(kept == std::vector<std::string>{"bob"});
  CHECK(report.tenants == 3);
  CHECK(report.unchanged == 1);
  CHECK(report.kept == 1);
  CHECK(report.copied == 1);
  CHECK(exported(to.backend(), bob).bytes == before.bytes);
  CHECK(exported(to.backend(), carol).report.records == 1);
}

COPY_TEST("a copy that was stopped goes on at the tenant where it stopped") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill_tenants(from.backend());
  std::stop_source stop;
  CHECK(code_of([&] {
          copy(from.backend(), to.backend(), Context{}.with_stop(stop.get_token()),
               {.on_progress = [&](const CopyProgress& progress) {
                 if (progress.tenant == "bob" && progress.state == CopyState::storing) { stop.request_stop(); }
               }});
        }) == ErrorCode::cancelled);
  CHECK(code_of([&] { exported(to.backend(), bob); }) == ErrorCode::failed_precondition);

  std::vector<std::int64_t> steps;
  const CopyReport report = copy(from.backend(), to.backend(), {}, {.on_progress = [&](const CopyProgress& progress) {
                                   if (progress.tenant == "bob" && progress.state == CopyState::storing) {
                                     steps.push_back(progress.stored);
                                   }
                                 }});
  CHECK(report.unchanged == 1);
  CHECK(report.copied == 2);
  CHECK(report.resumed == 1);
  REQUIRE(!steps.empty());
  CHECK(steps.front() > 500);
  check_same(from.backend(), to.backend());
}

COPY_TEST("what was half copied is begun anew if the source has changed") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill_tenants(from.backend());
  struct Enough {};
  const CopyOptions until_bob{.on_progress = [](const CopyProgress& progress) {
    if (progress.tenant == "bob" && progress.state == CopyState::storing) { throw Enough(); }
  }};
  CHECK_THROWS_AS(copy(from.backend(), to.backend(), {}, until_bob), Enough);
  from.backend().session_storage().save_message(bob, "long", says("one more"));
  const CopyReport report = copy(from.backend(), to.backend());
  CHECK(report.unchanged == 1);
  CHECK(report.copied == 2);
  CHECK(report.resumed == 0);
  check_same(from.backend(), to.backend());
}

COPY_TEST("a tenant that cannot be read ends the copy, and nothing of it is at the target") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  auto& source = from.backend();
  fill_long(source, alice);
  const std::string stream = exported(source, alice).bytes;
  struct Enough {};
  CHECK_THROWS_AS(
      import_user(source, bob, stream, {.into_other_tenant = true, .on_progress = [](const auto&) { throw Enough(); }}),
      Enough);
  CHECK(code_of([&] { copy(source, to.backend()); }) == ErrorCode::failed_precondition);
  CHECK(exported(to.backend(), alice).report.records > 0);
  CHECK(exported(to.backend(), bob).report.records == 0);
  CHECK(abort_import(source, bob));
  CHECK(copy(source, to.backend()).unchanged == 1);
}

COPY_TEST("a target that is not there ends the copy") {
  typename Pair::Source from(administered);
  typename Pair::Target to;
  fill_long(from.backend(), alice);
  to.backend().close();
  CHECK(code_of([&] { copy(from.backend(), to.backend()); }) == ErrorCode::failed_precondition);
}

COPY_TEST("a source that may not list its tenants is refused, with what to do") {
  typename Pair::Source from;
  typename Pair::Target to;
  // The servers of the suite always have an administrator.
  if (administration(from.backend())) { return; }
  try {
    copy(from.backend(), to.backend());
    FAIL("a copy without an administrator");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string_view(error.what()).find("administer_tenants") != std::string_view::npos);
  }
}
