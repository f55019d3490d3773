#pragma once

#include "heddle/sqlite/statements/artifacts.hpp"
#include "heddle/sqlite/statements/errors.hpp"
#include "heddle/sqlite/statements/human_requests.hpp"
#include "heddle/sqlite/statements/idempotency.hpp"
#include "heddle/sqlite/statements/messages.hpp"
#include "heddle/sqlite/statements/results.hpp"
#include "heddle/sqlite/statements/sessions.hpp"

namespace heddle::sqlite {

/// Every statement of the stores in SQLite's SQL.
struct Statements {
  SessionStatements sessions;
  MessageStatements messages;
  ErrorStatements errors;
  ArtifactStatements artifacts;
  ResultStatements results;
  HumanRequestStatements human_requests;
};

}  // namespace heddle::sqlite
