#include "backends_under_test/reference/compiled.h"
#include "backends_under_test/runner/evaluate.h"
#include "reference/context/context.h"
#include "reference/onnx/check.h"
#include "reference/onnx/save.h"

#include <string.h>

#define MAGIC CONTEXT_OWN_MAGIC
enum { HEADER = CONTEXT_OWN_HEADER, FORMAT = CONTEXT_OWN_FORMAT };
#define COMPATIBILITY "assay-reference/1/cpu" /* engine, its version, its device */

typedef struct {
    Model     *model;
    Evaluator *evaluator;
} Object;

static void object_free(gpointer data)
{
    Object *object = data;
    evaluator_free(object->evaluator);
    model_free(object->model);
    g_free(object);
}

GHashTable *reference_objects(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_free);
}

static char *compile(const char *path, const char *blob, gpointer state, GError **error)
{
    (void)state;
    g_autoptr(GError) cause = NULL;
    g_autoptr(Model) model = model_load(path, NULL, &cause);
    g_autoptr(Evaluator) evaluator = model && model_check(model, &cause) ? evaluator_new(model, NULL, &cause) : NULL;
    g_autoptr(GBytes) bytes = evaluator ? context_own_payload(model, &cause) : NULL;
    if (!bytes) {
        const gboolean lacks = g_error_matches(cause, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED);
        g_set_error_literal(error, ADAPTER_ERROR, lacks ? ADAPTER_ERROR_LOAD_UNSUPPORTED : ADAPTER_ERROR_LOAD, cause->message);
        return NULL;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return file_replace(blob, data, size, FALSE, error) ? g_strdup(COMPATIBILITY) : NULL;
}

/* ---- loading ----------------------------------------------------------------------------------------------------------- */

/* "assay-reference/1/cpu" is its own; another engine's text is not for it; its own of another version or device it cannot run. */
static const char *opinion(const char *compatibility, char **message)
{
    if (!*compatibility || strcmp(compatibility, COMPATIBILITY) == 0)
        return "usable";
    *message = g_strdup_printf("made for '%s', this is '%s'", compatibility, COMPATIBILITY);
    return g_str_has_prefix(compatibility, "assay-reference/") ? "unsupported" : "not applicable";
}

static gboolean same_dims(const Type *a, const Type *b)
{
    gboolean same = a->rank == b->rank;
    for (gsize i = 0; same && i < a->rank; i++)
        same = a->dims[i].value < 0 || b->dims[i].value < 0 || a->dims[i].value == b->dims[i].value;
    return same;
}

/* Element types are equal, and every dim that both know. */
static gboolean same_infos(const List *a, const List *b)
{
    gboolean same = a->n == b->n;
    for (gsize i = 0; same && i < a->n; i++) {
        const ValueInfo *x = LIST_AT(a, ValueInfo, i), *y = LIST_AT(b, ValueInfo, i);
        same = x->type && y->type && x->type->kind == y->type->kind && x->type->elem == y->type->elem &&
               (!x->type->has_shape || !y->type->has_shape || same_dims(x->type, y->type));
    }
    return same;
}

static const char *parse(const guint8 *data, gsize size, const char *interface, Model **model, char **message, GError **error)
{
    g_autoptr(GError) cause = NULL;
    guint32 format;
    if (size < HEADER || memcmp(data, MAGIC, 8) != 0) {
        *message = g_strdup("no object of this engine: its first bytes are not " MAGIC);
        return "corrupt";
    }
    memcpy(&format, data + 8, sizeof format);
    if (GUINT32_FROM_LE(format) != FORMAT) {
        *message = g_strdup_printf("format version %u, expected %d", GUINT32_FROM_LE(format), FORMAT);
        return "corrupt";
    }
    *model = model_load_bytes(data + HEADER, size - HEADER, NULL, "the object", NULL, &cause);
    if (!*model || !model_check(*model, &cause)) {
        *message = g_strdup(cause->message);
        return "load failure";
    }
    g_autoptr(Model) wanted = model_load(interface, NULL, error);
    if (!wanted)
        return NULL;
    if (same_infos(&wanted->graph->inputs, &(*model)->graph->inputs) && same_infos(&wanted->graph->outputs, &(*model)->graph->outputs))
        return "usable";
    *message = g_strdup("its inputs and outputs are not the region's");
    return "stale";
}

static const char *load(const char *name, const char *blob, const char *compatibility, const char *interface, char **message,
                        gpointer state, GError **error)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) cause = NULL;
    g_autoptr(Model) model = NULL;
    gsize size;
    const double start = adapter_clock();
    const char *verdict = opinion(compatibility, message);
    if (strcmp(verdict, "usable") != 0)
        return verdict;
    if (!g_file_get_contents(blob, &data, &size, error))
        return NULL;
    verdict = parse((const guint8 *)data, size, interface, &model, message, error);
    if (!verdict || strcmp(verdict, "usable") != 0)
        return verdict;
    Evaluator *evaluator = evaluator_new(model, NULL, &cause);
    if (!evaluator) {
        *message = g_strdup(cause->message);
        return "load failure";
    }
    Object *object = g_new(Object, 1);
    *object = (Object){ g_steal_pointer(&model), evaluator };
    g_hash_table_insert(state, g_strdup(name), object);
    adapter_timing(adapter_clock() - start, -1);
    return verdict;
}

static GPtrArray *run(const char *name, const char *const *paths, gsize n, gpointer state, GError **error)
{
    const Object *object = g_hash_table_lookup(state, name);
    if (!object || n != object->model->graph->inputs.n) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "no object '%s' with %" G_GSIZE_FORMAT " inputs is loaded", name, n);
        return NULL;
    }
    return evaluate_prepared(object->evaluator, object->model, paths, n, -1, error);
}

const AdapterAheadOfTime reference_ahead = { .compile = compile, .load = load, .run = run };
