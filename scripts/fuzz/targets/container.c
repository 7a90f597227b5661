/* Bytes as a model that may be a container of compiled objects: read, select, replace, under the session it asks for. */
#include "reference/context/session.h"
#include "scripts/fuzz/target.h"

#include <string.h>

FUZZ_MUTATES(MESSAGE_MODEL)

static gboolean replace(Container *container, GError **error)
{
    g_autoptr(ContextSession) session = context_session_new(container->model, NULL, error);
    g_autoptr(GPtrArray) decisions = session ? context_select(container, session, "/nonexistent", error) : NULL;
    if (!decisions)
        return FALSE;
    g_autoptr(Model) model = model_copy(container->model);
    return context_apply(model, decisions, 0, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    tensor_memory_set_limit(64 << 20);
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(Container) container = container_read(bytes, NULL, "fuzzed", &error);
    if (container) {
        replace(container, &error);
        fuzz_refusal(error);
        g_autoptr(GBytes) packed G_GNUC_UNUSED = container_pack(container, &error); /* proves by itself that it reads back */
    }
    fuzz_refusal(error);
    return 0;
}
