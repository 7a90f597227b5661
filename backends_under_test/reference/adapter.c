/* The reference evaluator as a backend under test: the same protocol, the same limits, no privileges. It shows that the
 * harness works where no other backend can be had, and must pass every case. */
#include "backends_under_test/reference/compiled.h"
#include "backends_under_test/runner/evaluate.h"
#include "reference/context/session.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY_MB "4096"

#define MOST_MEMORY_MB    (G_GINT64_CONSTANT(1) << 40)

static gboolean bad_option(const cJSON *options, const char *key, const char *expected, GError **error)
{
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "option %s is '%s', expected %s", key, adapter_option(options, key, ""), expected);
    return FALSE;
}

static gboolean hello(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)state;
    guint64     megabytes;
    const char *mistake = adapter_option(options, "mistake", NULL), *cache = adapter_option(options, "subgraph_cache", "on");
    if (!g_ascii_string_to_unsigned(adapter_option(options, "memory_mb", DEFAULT_MEMORY_MB), 10, 1, MOST_MEMORY_MB, &megabytes, NULL))
        return bad_option(options, "memory_mb", "a whole number of MiB, 1 or more", error);
    if (mistake && !strchr(mistake, ':'))
        return bad_option(options, "mistake", "OPERATOR:OTHER", error);
    if (strcmp(cache, "on") != 0 && strcmp(cache, "off") != 0)
        return bad_option(options, "subgraph_cache", "on or off", error);
    tensor_memory_set_limit((gsize)megabytes << 20);
    facts->version = "1";
    return TRUE;
}

/* The option mistake=Add:Sub: another operator wherever the graph has the first. A backend that is wrong in one place, on
 * purpose, for `assay reduce` to find. */
static void make_mistake(Model *model, const char *mistake)
{
    g_auto(GStrv) names = g_strsplit(mistake, ":", 2);
    for (gsize i = 0; *names && i < model->graph->nodes.n; i++) {
        Node *node = LIST_AT(&model->graph->nodes, Node, i);
        if (strcmp(node->op_type, names[0]) == 0)
            node->op_type = arena_string(model->arena, names[1]);
    }
}

static GPtrArray *run(const char *path, const char *const *paths, gsize n, const cJSON *options, gpointer state,
                      GError **error)
{
    (void)state;
    const EvalOptions evaluation = { .no_subgraph_cache = strcmp(adapter_option(options, "subgraph_cache", "on"), "off") == 0 };
    g_autoptr(GError) cause = NULL;
    const double start = adapter_clock();
    g_autoptr(Model) model = context_open(path, NULL, &cause);
    if (model)
        make_mistake(model, adapter_option(options, "mistake", ""));
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
