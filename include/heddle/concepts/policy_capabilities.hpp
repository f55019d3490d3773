#pragma once

#include <exception>
#include <type_traits>

/// @file
/// Optional capabilities of a policy. A name in the policy itself declares each of them, so that it is known without
/// the engine: a header that only declares a backend needs no driver.
namespace heddle::concepts {

/// Administers across tenants, on a connection that sees all of them: the capability behind AdministersTenants.
template <class Policy>
concept Administers = requires {
  typename Policy::Dialect::Admin;
};

/// Hides sessions before they are removed: the capability behind SoftDeletes.
template <class Policy>
concept HidesSessions = Administers<Policy> && requires {
  typename Policy::Dialect::SoftDeletion;
};

/// Removes old records of all tenants: the capability behind AppliesRetention.
template <class Policy>
concept RemovesOldRecords = Administers<Policy> && requires {
  typename Policy::Dialect::Retention;
};

/// Receives notifications of changes by any process, so that no call has to poll for them. The engine's `listen(heard)`
/// calls `heard` with the topic of a notification, or with an empty topic when notifications may have been lost, and
/// never with an empty topic that was sent. The statements `topic` and `changed` of Announcements return the topic of a
/// record, and announce its change; no one else can guess a topic.
template <class Policy>
concept HearsChanges = requires {
  typename Policy::Dialect::Announcements;
};

/// Keeps the words of texts in rows, where programs of an earlier version have left words that a former analysis made.
template <class Policy>
concept KeepsWordsInRows = Administers<Policy> && requires {
  typename Policy::Dialect::Reindexing;
};

/// Has an index of words that its engine makes anew if a former analysis made it.
template <class Policy>
concept RebuildsIndex = requires {
  requires Policy::rebuilds_index;
};

/// Replaces words that a former analysis made: the capability behind IndexesAnew.
template <class Policy>
concept ReplacesWords = KeepsWordsInRows<Policy> || RebuildsIndex<Policy>;

/// Copies the database while it is in use: the capability behind BacksUpOnline.
template <class Policy>
concept CopiesDatabase = requires {
  requires Policy::copies_database;
};

/// Erases from the files what was redacted: the capability behind Scrubs.
template <class Policy>
concept ErasesFromFiles = requires {
  requires Policy::erases_from_files;
};

/// Gives back space that the database does not use: the capability behind Compacts.
template <class Policy>
concept GivesSpaceBack = requires {
  requires Policy::gives_space_back;
};

/// Names the language of the statements that all databases share, of which streams of tenants are read and written: see
/// `heddle/transfer.hpp`. It needs no engine of its own.
template <class Policy>
concept MovesUsers = requires {
  typename Policy::Dialect::Language;
};

/// The result type of an operation that the policy lacks. It converts to every type, so that the first error of a call
/// is the sentence that says what is missing.
struct Lacking {
  /// Never defined: a call that gets here does not compile.
  template <class T>
  operator T() const noexcept;
};

/// The body of a member whose requires clause is not satisfied. No code can call it, but clang 14 instantiates it in an
/// explicit instantiation of the class.
[[noreturn]] inline void never_called() noexcept { std::terminate(); }

/// Does not compile: the body of an accessor for a backend that is const or has no name.
template <class Unused, class Result>
[[noreturn]] Result refuse_unnamed() {
  static_assert(!std::is_void_v<Unused>,
                "heddle: a store belongs to its backend: give the backend a name, as a variable that is not const");
  never_called();
}

}  // namespace heddle::concepts
