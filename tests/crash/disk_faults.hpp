#pragma once

#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

/// Operations on a disk that fails, in turn, at each of SQLite's requests.
namespace crash {

/// The kinds of faults.
inline const std::vector<Fault>& disk_faults() {
  static const std::vector<Fault> all{
      {.request = Request::write},
      {.request = Request::write, .code = SQLITE_FULL, .lasting = true},
      {.request = Request::write, .done_first = true},
      {.request = Request::sync, .code = SQLITE_IOERR_FSYNC},
      {.request = Request::sync, .code = SQLITE_IOERR_FSYNC, .done_first = true},
      {.request = Request::read, .code = SQLITE_IOERR_READ},
      {.request = Request::read, .code = SQLITE_IOERR_READ, .lasting = true},
      {.request = Request::truncate, .code = SQLITE_IOERR_TRUNCATE},
      {.request = Request::open},
  };
  return all;
}

/// A small cache, and no memory mapping, so that pages are read and written by requests.
inline heddle::sqlite::Config config_of_requests(const std::filesystem::path& place) {
  return {.path = (place / "heddle.db").string(),
          .indexing = heddle::sqlite::Indexing::immediate,
          .cache_kib = 64,
          .mmap_bytes = 0};
}

/// Checks that a disk fault is not reported as an error of the caller or of Heddle.
inline void check_of_disk(const heddle::Error& error) {
  const bool is_known =
      error.code() != heddle::ErrorCode::invalid_argument && error.code() != heddle::ErrorCode::internal;
  CHECK_MESSAGE(is_known, std::string(error.what()));
}

/// Fills a tenant with records of several types that all have a text.
inline void fill(heddle::Backend<heddle::Sqlite>& backend, const heddle::Context& context, int messages,
                 const std::string& text) {
  auto& store = backend.session_storage();
  for (int session = 0; session < 3; ++session) {
    const std::string id = "s" + std::to_string(session);
    store.save_session(context, {.id = id});
    std::vector<heddle::Message> saved;
    for (int number = 0; number < messages; ++number) {
      saved.push_back({.content = id + "." + std::to_string(number) + " " + text});
    }
    store.save_messages(context, id, saved, {.idempotency_key = id});
    store.fold_messages(context, id, {2, 9}, {.content = text});
    store.fork_session(context, id, 12, {.id = "fork of " + id});
    backend.artifact_store().put(context, {.id = id, .name = id}, std::string(3000, 'x') + id + text);
    backend.error_store().store(context, {.id = id, .tool_name = "t", .raw_error = text});
  }
}

/// Calls `round(fault)` for each kind of fault, at one request after the other until it returns that the fault has not
/// struck; each time on a new copy of a folder. Not at every request, unless the run is long: the larger the density,
/// the more of them.
template <class Round>
void fail_in_turn(const std::filesystem::path& source, const std::filesystem::path& copy, int usual_density,
                  Round round) {
  std::mt19937 random(20261127);
  const auto density = static_cast<unsigned>(support::size_of_run(usual_density, 400));
  for (const Fault& kind : disk_faults()) {
    CAPTURE(static_cast<int>(kind.request));
    CAPTURE(kind.lasting);
    bool has_struck = true;
    Fault fault = kind;
    for (fault.at = 1; has_struck;
         fault.at += 1 + static_cast<int>(random() % (1 + 4 * static_cast<unsigned>(fault.at) / density))) {
      CAPTURE(fault.at);
      std::filesystem::remove_all(copy);
      std::filesystem::copy(source, copy, std::filesystem::copy_options::recursive);
      has_struck = round(fault);
    }
  }
}

}  // namespace crash
