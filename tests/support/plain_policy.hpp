#pragma once

#include "heddle/backend.hpp"
#include "heddle/sqlite/policy.hpp"

/// SQLite with what every policy has, and nothing beyond: the six groups of statements, and no backup.
struct PlainPolicy : heddle::Sqlite {
  struct Dialect {
    using Sessions = heddle::sqlite::Dialect::Sessions;
    using Messages = heddle::sqlite::Dialect::Messages;
    using Errors = heddle::sqlite::Dialect::Errors;
    using Artifacts = heddle::sqlite::Dialect::Artifacts;
    using ArtifactSearch = heddle::sqlite::Dialect::ArtifactSearch;
    using Contents = heddle::sqlite::Dialect::Contents;
    using Results = heddle::sqlite::Dialect::Results;
    using HumanRequests = heddle::sqlite::Dialect::HumanRequests;
    using Streams = heddle::sqlite::Dialect::Streams;
  };
  static constexpr bool copies_database = false;
};

using PlainBackend = heddle::Backend<PlainPolicy>;
