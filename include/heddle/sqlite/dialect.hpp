// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/artifacts.hpp"
#include "heddle/sql/statements/errors.hpp"
#include "heddle/sql/statements/human_requests.hpp"
#include "heddle/sql/statements/results.hpp"
#include "heddle/sqlite/statements/messages.hpp"
#include "heddle/sqlite/statements/sessions.hpp"
#include "heddle/sqlite/statements/sql.hpp"

namespace heddle::sqlite {

/// The SQL of the stores, one group of statements for each.
struct Dialect {
  using Sessions = SessionStatements;
  using Messages = MessageStatements;
  using Errors = sql::ErrorStatements<Sql>;
  using Artifacts = sql::ArtifactStatements<Sql>;
  using Results = sql::ResultStatements<Sql>;
  using HumanRequests = sql::HumanRequestStatements<Sql>;
};

}  // namespace heddle::sqlite
