// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/dialect.hpp"
#include "heddle/postgres/statements/admin.hpp"
#include "heddle/postgres/statements/announcements.hpp"
#include "heddle/postgres/statements/artifact_search.hpp"
#include "heddle/postgres/statements/messages.hpp"
#include "heddle/postgres/statements/reindexing.hpp"
#include "heddle/postgres/statements/retention.hpp"
#include "heddle/postgres/statements/sessions.hpp"
#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/statements/artifacts.hpp"
#include "heddle/sql/statements/contents.hpp"
#include "heddle/sql/statements/errors.hpp"
#include "heddle/sql/statements/human_requests.hpp"
#include "heddle/sql/statements/results.hpp"
#include "heddle/sql/statements/soft_deletion.hpp"
#include "heddle/sql/statements/streams.hpp"
