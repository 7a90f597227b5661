/* A file as a session runs it. */
#include "reference/context/session.h"

Model *context_open(const char *path, const ContextWishes *wishes, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(Container) c = container_load(path, &cause);
    if (!c && wishes && wishes->flaws >> FLAW_ACCEPT_ILL_FORMED & 1 && g_error_matches(cause, CONTEXT_ERROR, CONTEXT_ERROR_FORMAT))
        return container_original(path, error);
    if (!c) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    g_autoptr(ContextSession) session = context_session_new(c->model, wishes, error);
    if (!session)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GPtrArray) decided = context_select(c, session, folder, error);
    if (!decided)
        return NULL;
    g_autoptr(Model) model = model_copy(c->model);
    return context_apply(model, decided, session->flaws, error) ? g_steal_pointer(&model) : NULL;
}
