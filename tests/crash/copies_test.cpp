#include "crash/copies.hpp"
#include "crash/file_place.hpp"
#include "heddle/error.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <string_view>

#include <sys/resource.h>

TEST_CASE("child: copy SQLite to SQLite until killed" * doctest::skip()) {
  crash::copy_until_killed<crash::FilePlace, crash::FilePlace>();
}

TEST_CASE("a copy from SQLite to SQLite that is killed goes on, and nothing is lost or stored twice") {
  const auto found =
      crash::KilledCopies<crash::FilePlace, crash::FilePlace>("child: copy SQLite to SQLite until killed").run();
  CHECK(found.resumed >= 3);
  CHECK(found.unchanged >= 1);
}

TEST_CASE("child: copy where a file cannot be as long as a stream" * doctest::skip()) {
  auto from = crash::FilePlace::open(support::Parent::setting("HEDDLE_TEST_SOURCE"));
  auto to = crash::FilePlace::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = rlim_t{200} << 10U;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  // Else it ends the process.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  const heddle::Error error = support::error_of([&] { heddle::copy(from, to); });
  CHECK(error.code() == heddle::ErrorCode::resource_exhausted);
  CHECK(std::string_view(error.what()).find("make room in /tmp") != std::string_view::npos);
  support::Parent::tell("refused");
}

TEST_CASE("a copy for whose stream there is no room is refused, and nothing of the tenant is written") {
  const crash::FilePlace source;
  const crash::FilePlace target;
  auto from = crash::FilePlace::open(source.setting());
  crash::fill(from);
  {
    support::ChildProcess child("child: copy where a file cannot be as long as a stream",
                                {{"HEDDLE_TEST_SOURCE", source.setting()}, {"HEDDLE_TEST_TARGET", target.setting()}});
    CHECK(child.read_to_end() == "refused");
    CHECK(child.wait());
  }
  auto to = crash::FilePlace::open(target.setting());
  CHECK(!heddle::abort_import(to, crash::tenant(0)));
  const heddle::CopyReport report = heddle::copy(from, to);
  CHECK(report.copied == crash::tenants);
  CHECK(report.resumed == 0);
}
