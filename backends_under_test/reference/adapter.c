/* The reference evaluator as a backend under test: the same protocol, the same limits, no privileges. It shows that the
 * harness works where no other backend can be had, and must pass every case. */
#include "backends_under_test/reference/compiled.h"
#include "backends_under_test/runner/evaluate.h"
#include "reference/context/session.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY_MB "4096"

static gboolean hello(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)state;
    (void)error;
    guint64 megabytes = g_ascii_strtoull(adapter_option(options, "memory_mb", DEFAULT_MEMORY_MB), NULL, 10);
    tensor_memory_set_limit((gsize)megabytes << 20);
    facts->version = "1";
    return TRUE;
}

/* The option mistake=Add:Sub: another operator wherever the graph has the first. A backend that is wrong in one place, on
 * purpose, for `assay reduce` to find. */
static gboolean make_mistake(Model *model, const char *mistake, GError **error)
{
    g_auto(GStrv) names = g_strsplit(mistake, ":", 2);
    if (g_strv_length(names) == 1) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "option mistake=%s: expected OPERATOR:OTHER", mistake);
        return FALSE;
    }
    for (gsize i = 0; *names && i < model->graph->nodes.n; i++) {
        Node *node = LIST_AT(&model->graph->nodes, Node, i);
        if (strcmp(node->op_type, names[0]) == 0)
            node->op_type = arena_string(model->arena, names[1]);
    }
    return TRUE;
}

static GPtrArray *run(const char *path, const char *const *paths, gsize n, const cJSON *options, gpointer state,
                      GError **error)
{
    (void)state;
    const EvalOptions evaluation = { .no_subgraph_cache = strcmp(adapter_option(options, "subgraph_cache", "on"), "off") == 0 };
    g_autoptr(GError) cause = NULL;
    const double start = adapter_clock();
    g_autoptr(Model) model = context_open(path, NULL, &cause);
    if (model && !make_mistake(model, adapter_option(options, "mistake", ""), error))
        return NULL;
    return model ? evaluate_files(model, paths, n, &evaluation, start, error) : evaluate_refuse(cause, error);
}

int main(void)
{
    static const AdapterCallbacks callbacks = {
        .name = "Assay reference evaluator", .ahead = &reference_ahead, .hello = hello, .run = run, .announces_load = TRUE
    };
    g_autoptr(GHashTable) objects = reference_objects();
    return adapter_serve(&callbacks, objects);
}
