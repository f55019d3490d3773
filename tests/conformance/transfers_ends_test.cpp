#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// How imports begin and end: tenants that have data, other tenants, and calls that do not come to their end.

CONFORMANCE_TEST("a stream comes from a file, a function or a text") {
  Subject subject;
  fill_messages(subject.backend(), alice);
  const std::string stream = exported(subject.backend(), alice).bytes;
  support::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "stream.jsonl";
  std::ofstream(path, std::ios::binary) << stream;
  Subject by_file;
  import_user(by_file.backend(), alice, path);
  CHECK(exported(by_file.backend(), alice).bytes == stream);
  Subject by_function;
  import_user(by_function.backend(), alice, in_pieces(stream, 100));
  CHECK(exported(by_function.backend(), alice).bytes == stream);
  CHECK(code_of([&] { import_user(by_file.backend(), bob, folder.path() / "none"); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("an export without a sink tells what a stream would have, and makes none") {
  Subject subject;
  fill(subject.backend(), alice);
  const ExportReport stream = exported(subject.backend(), alice).report;
  const ExportReport found = export_user(subject.backend(), alice, ExportSink{});
  CHECK(found.counts == stream.counts);
  CHECK(found.records == stream.records);
  CHECK(found.records_checksum == stream.records_checksum);
  CHECK(found.checksum.empty());
  CHECK(found.bytes == 0);
}

CONFORMANCE_TEST("a stream is for its tenant, unless another one is asked for") {
  Subject subject;
  auto& backend = subject.backend();
  fill(backend, alice);
  const Exported stream = exported(backend, alice);
  CHECK(code_of([&] { import_user(backend, bob, stream.bytes); }) == ErrorCode::failed_precondition);
  CHECK(backend.session_storage().list_sessions(bob).items.empty());
  import_user(backend, bob, stream.bytes, {.into_other_tenant = true, .artifact_quota = true});
  const Exported copy = exported(backend, bob);
  CHECK(copy.report.records_checksum == stream.report.records_checksum);
  CHECK(copy.report.checksum != stream.report.checksum);
  CHECK(exported(backend, alice).bytes == stream.bytes);
}

CONFORMANCE_TEST("an import into a tenant with data fails, or leaves out what is there") {
  Subject subject;
  Subject other;
  fill(subject.backend(), alice);
  const std::string stream = exported(subject.backend(), alice).bytes;
  auto& target = other.backend();
  auto& store = target.session_storage();
  add_session(target, alice, "root");
  add_session(target, alice, "mine");
  store.save_message(alice, "root", says("here before"));
  target.artifact_store().put(alice, {.id = "a1", .name = "mine"}, "first version");
  const Exported before = exported(target, alice);
  CHECK(code_of([&] { import_user(target, alice, stream); }) == ErrorCode::already_exists);
  CHECK(exported(target, alice).bytes == before.bytes);

  import_user(target, alice, stream, {.on_conflict = OnConflict::skip});
  CHECK(texts(store.load_messages(alice, "root").items) == std::vector<std::string>{"here before"});
  CHECK(store.load_session(alice, "mine").has_value());
  CHECK(store.list_tool_executions(alice, "root").items.empty());
  CHECK(target.artifact_store().get(alice, "a1")->name == "mine");
  CHECK(versions_of(target.artifact_store(), alice, "a1").size() == 1);
  // A fork keeps the messages that it shares with a session that was left out.
  auto& from = subject.backend().session_storage();
  CHECK(store.load_messages(alice, "fork").items == from.load_messages(alice, "fork").items);
  CHECK(store.load_messages(alice, "fork", MessageWindow{}).messages ==
        from.load_messages(alice, "fork", MessageWindow{}).messages);
  CHECK(target.error_store().list(alice).items.size() == 1);
  CHECK(store.search_messages(alice, {.query = "seventh"}).items.empty());
  // The same again changes nothing.
  const Exported after = exported(target, alice);
  import_user(target, alice, stream, {.on_conflict = OnConflict::skip});
  CHECK(exported(target, alice).report.records_checksum == after.report.records_checksum);
}

CONFORMANCE_TEST("an export whose sink fails, and a stream of a newer version") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, alice, "s");
  CHECK_THROWS_AS(export_user(backend, alice, [](std::string_view) { throw std::runtime_error("full"); }),
                  std::runtime_error);
  std::string stream = exported(backend, alice).bytes;
  stream.replace(stream.find("\"format\":1"), 10, "\"format\":2");
  CHECK(code_of([&] { import_user(backend, bob, stream); }) == ErrorCode::failed_precondition);
}
