#pragma once

#include "heddle/sqlite/statements/artifacts.hpp"
#include "heddle/sqlite/statements/errors.hpp"
#include "heddle/sqlite/statements/human_requests.hpp"
#include "heddle/sqlite/statements/messages.hpp"
#include "heddle/sqlite/statements/results.hpp"
#include "heddle/sqlite/statements/sessions.hpp"

namespace heddle::sqlite {

/// The SQL of the stores, one group of statements for each.
struct Dialect {
  using Sessions = SessionStatements;
  using Messages = MessageStatements;
  using Errors = ErrorStatements;
  using Artifacts = ArtifactStatements;
  using Results = ResultStatements;
  using HumanRequests = HumanRequestStatements;
};

}  // namespace heddle::sqlite
