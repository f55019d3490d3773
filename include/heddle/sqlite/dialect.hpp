// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/forward.hpp"

namespace heddle::sqlite {

struct Sql;
struct SessionStatements;
struct MessageStatements;
struct AdminStatements;
struct RetentionStatements;
struct ArtifactSearchStatements;

/// The SQL of the stores, one group of statements for each. Named here; defined in `sqlite/dialect.ipp`.
struct Dialect {
  using Language = Sql;
  using Sessions = SessionStatements;
  using SoftDeletion = sql::SoftDeletionStatements<Sql>;
  using Messages = MessageStatements;
  using Errors = sql::ErrorStatements<Sql>;
  using Artifacts = sql::ArtifactStatements<Sql>;
  using ArtifactSearch = ArtifactSearchStatements;
  using Contents = sql::ContentStatements<Sql>;
  using Results = sql::ResultStatements<Sql>;
  using HumanRequests = sql::HumanRequestStatements<Sql>;
  using Streams = sql::StreamStatements<Sql>;
  using Admin = AdminStatements;
  using Retention = RetentionStatements;
};

}  // namespace heddle::sqlite
