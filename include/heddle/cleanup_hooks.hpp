#pragma once

#include "heddle/context.hpp"

#include <functional>
#include <string>

namespace heddle {

/// Called after a session was permanently deleted, with the Context of the deletion and the session's id, on the thread
/// that deletes, which can be the backend's own cleaner. For a purged session the Context names its tenant. If a hook
/// throws, `delete_session` or `purge_deleted_sessions` throws that exception after all other hooks have run; the
/// session stays deleted.
using CleanupHook = std::function<void(const Context&, const std::string&)>;

}  // namespace heddle
