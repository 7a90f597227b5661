/* A file as a session runs it. */
#include "reference/context/fields.h"
#include "reference/context/session.h"

#include <string.h>

/* Whether nothing in the file can be of a container, so that it need not be taken apart. A file that cannot be read is left
 * to those who say why. */
static gboolean is_ordinary(const char *path)
{
    g_autoptr(GMappedFile) file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_mapped_file_new(path, FALSE, NULL) : NULL;
    const Bytes all = { file ? (const uint8_t *)g_mapped_file_get_contents(file) : NULL, file ? g_mapped_file_get_length(file) : 0 };
    if (!all.size || memmem(all.data, all.size, CONTEXT_PREFIX, strlen(CONTEXT_PREFIX)))
        return FALSE;
    const Bytes graph = field_find(all, MODEL_GRAPH);
    return graph.data && !field_find(graph, GRAPH_EQUIVALENT).data;
}

Model *context_open(const char *path, const ContextWishes *wishes, GError **error)
{
    if (is_ordinary(path))
        return model_load(path, NULL, error);
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
