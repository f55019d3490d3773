// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/artifacts.hpp"
#include "heddle/sql/statements/contents.hpp"
#include "heddle/sql/statements/errors.hpp"
#include "heddle/sql/statements/human_requests.hpp"
#include "heddle/sql/statements/results.hpp"
#include "heddle/sql/statements/soft_deletion.hpp"
#include "heddle/sql/statements/streams.hpp"
#include "heddle/sqlite/dialect.hpp"
#include "heddle/sqlite/statements/admin.hpp"
#include "heddle/sqlite/statements/artifact_search.hpp"
#include "heddle/sqlite/statements/messages.hpp"
#include "heddle/sqlite/statements/retention.hpp"
#include "heddle/sqlite/statements/sessions.hpp"
#include "heddle/sqlite/statements/sql.hpp"
