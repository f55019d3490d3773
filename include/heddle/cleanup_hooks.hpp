#pragma once

#include "heddle/context.hpp"

#include <functional>
#include <string>

namespace heddle {

/// Called after a session was deleted for good, with the Context of the deletion and the session's id, on the deleting
/// thread, which can be the backend's own cleaner; of a soft-deleted session the Context names the tenant. What it
/// throws reaches the caller of `delete_session` or `purge_deleted_sessions`, after all other hooks have run; the
/// session is gone then.
using CleanupHook = std::function<void(const Context&, const std::string&)>;

}  // namespace heddle
