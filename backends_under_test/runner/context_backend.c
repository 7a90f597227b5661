#include "backends_under_test/runner/context_backend.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/onnx/save.h"

#include <glib/gstdio.h>
#include <string.h>

#define RUNTIME_DOMAIN "bctx.runtime"

struct ContextBackend {
    Backend        *backend;
    Worker         *worker;
    ContextProvider provider;
    char           *key, *scratch, *outputs, *compatibility;
    double          seconds;
};

static ContextClass load(const ContextProvider *provider, const Container *c, const ContextRegion *region, const ContextBlob *blob,
                         GBytes *payload, Model *into, const Function **replacement, char **message, GError **error);

ContextBackend *context_backend_start(const char *what, GError **error)
{
    const WorkerLimits limits = { .seconds = 300, .output_bytes = UINT64_C(4) << 30, .log_bytes = 1 << 20 };
    g_autoptr(ContextBackend) b = g_new0(ContextBackend, 1);
    b->seconds = -1;
    b->backend = backend_load(what, error);
    b->scratch = b->backend ? scratch_make(error) : NULL;
    b->worker = b->scratch ? worker_start(b->backend, &limits, error) : NULL;
    if (!b->worker)
        return NULL;
    b->outputs = g_build_filename(b->scratch, "outputs", NULL);
    b->key = g_strndup(b->backend->name, strcspn(b->backend->name, ":"));
    b->provider = (ContextProvider){ .key = b->key, .load = load, .data = b };
    if (worker_hello(b->worker)->compiles)
        return g_steal_pointer(&b);
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "backend %s does not compile ahead of time", b->backend->name);
    return NULL;
}

void context_backend_free(ContextBackend *b)
{
    if (!b)
        return;
    worker_free(b->worker);
    backend_free(b->backend);
    scratch_remove(b->scratch);
    g_free(b->key);
    g_free(b->scratch);
    g_free(b->outputs);
    g_free(b->compatibility);
    g_free(b);
}

const ContextProvider *context_backend_provider(const ContextBackend *b)
{
    return &b->provider;
}

double context_backend_seconds(const ContextBackend *b)
{
    return b->seconds;
}

static gboolean broke(const ContextBackend *b, const char *asked, const Attempt *attempt, GError **error)
{
    static const char *const how[] = { [ATTEMPT_ANSWERED] = "answered what nobody understands", [ATTEMPT_REFUSED] = "refused",
                                       [ATTEMPT_CRASHED] = "crashed", [ATTEMPT_TIMED_OUT] = "did not answer",
                                       [ATTEMPT_VIOLATION] = "broke the protocol" };
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "backend %s, asked to %s, %s: %s", b->backend->name, asked, how[attempt->kind],
                attempt->message ? attempt->message : attempt->text);
    return FALSE;
}

/* ---- compiling --------------------------------------------------------------------------------------------------------- */

static GBytes *read_object(const char *path, GError **error)
{
    char *data = NULL;
    gsize size;
    if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_get_contents(path, &data, &size, error))
        return NULL;
    return g_bytes_new_take(data, size);
}

gboolean context_backend_compile(ContextBackend *b, const Container *c, const ContextRegion *region, ContextBlob *blob, GBytes **payload,
                                 GError **error)
{
    g_autoptr(Model) model = context_region_model(c, region, FALSE, error);
    g_autofree char *path = g_build_filename(b->scratch, "region.onnx", NULL), *object = g_build_filename(b->scratch, "object", NULL);
    Attempt attempt;
    if (!model || !scratch_empty(b->scratch, error) || !model_save(model, path, error))
        return FALSE;
    worker_compile(b->worker, path, object, &attempt);
    gboolean good = attempt.kind == ATTEMPT_ANSWERED || broke(b, "compile", &attempt, error);
    *payload = good ? read_object(object, error) : NULL;
    if (good && !*payload && error && !*error)
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_PROTOCOL, "backend %s compiled, but wrote no regular file", b->backend->name);
    if (*payload) {
        gsize size;
        const void *data = g_bytes_get_data(*payload, &size);
        g_free(b->compatibility);
        b->compatibility = g_strdup(attempt.text);
        b->seconds = attempt.load_seconds;
        *blob = (ContextBlob){ .backend = b->key, .compatibility = b->compatibility, .payload = { data, size } };
    }
    attempt_clear(&attempt);
    return *payload != NULL;
}

/* ---- loading ----------------------------------------------------------------------------------------------------------- */

/* The classes that are the backend's to give. */
static gboolean class_of(const char *verdict, ContextClass *outcome)
{
    static const ContextClass classes[] = { CLASS_USABLE, CLASS_SUBOPTIMAL, CLASS_UNSUPPORTED, CLASS_NOT_APPLICABLE, CLASS_CORRUPT,
                                            CLASS_STALE, CLASS_LOAD_FAILURE };
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
        if (strcmp(verdict, context_class_name(classes[i])) == 0) {
            *outcome = classes[i];
            return TRUE;
        }
    return FALSE;
}

/* A call of the object with the region's boundary; weights that the object holds are not handed to it again. */
static const Function *call_object(const Container *c, const ContextRegion *r, const char *name, Model *into)
{
    g_autoptr(GPtrArray) formals = g_ptr_array_new(), inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    for (gsize i = 0; i < r->n_inputs; i++) {
        g_ptr_array_add(formals, (gpointer)r->inputs[i]);
        if (r->weights != WEIGHTS_INSIDE || !context_is_weight(c->model->graph, r->inputs[i]))
            g_ptr_array_add(inputs, (gpointer)r->inputs[i]);
    }
    for (gsize i = 0; i < r->n_outputs; i++)
        g_ptr_array_add(outputs, (gpointer)arena_printf(into->arena, "bctx.out.%" G_GSIZE_FORMAT, i));
    GPtrArray *const arrays[] = { formals, inputs, outputs };
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_ptr_array_add(arrays[i], NULL);
    Function *f = model_add_function(into, RUNTIME_DOMAIN, "Region", (const char *const *)formals->pdata, (const char *const *)outputs->pdata,
                                     NO_NAMES);
    function_import(f, RUNTIME_DOMAIN, 1);
    Node *node = graph_add_node(f->body, RUNTIME_DOMAIN, "Object", (const char *const *)inputs->pdata, (const char *const *)outputs->pdata);
    node_set_string(node, f->body, "name", name);
    return f;
}

static gboolean put_files(const ContextBackend *b, const Container *c, const ContextRegion *region, GBytes *payload,
                          const WorkerObject *object, GError **error)
{
    g_autoptr(Model) interface = context_region_model(c, region, TRUE, error);
    gsize size;
    const void *data = g_bytes_get_data(payload, &size);
    return interface && scratch_empty(b->scratch, error) && model_save(interface, object->interface, error) &&
           file_replace(object->blob, data, size, FALSE, error);
}

static ContextClass load(const ContextProvider *provider, const Container *c, const ContextRegion *region, const ContextBlob *blob,
                         GBytes *payload, Model *into, const Function **replacement, char **message, GError **error)
{
    ContextBackend  *b = provider->data;
    g_autofree char *object_path = g_build_filename(b->scratch, "object", NULL), *interface = g_build_filename(b->scratch, "interface.onnx", NULL);
    g_autofree char *name = g_strdup_printf("%s/%s", b->key, region->id);
    const WorkerObject object = { name, object_path, blob->compatibility, interface };
    ContextClass outcome = CLASS_LOAD_FAILURE;
    Attempt attempt;
    if (!put_files(b, c, region, payload, &object, error))
        return outcome;
    worker_load_compiled(b->worker, &object, &attempt);
    b->seconds = attempt.load_seconds;
    if (attempt.kind != ATTEMPT_ANSWERED || !class_of(attempt.text, &outcome))
        broke(b, "load an object", &attempt, error);
    else if (outcome == CLASS_USABLE || outcome == CLASS_SUBOPTIMAL)
        *replacement = call_object(c, region, name, into);
    *message = g_strdup(attempt.message);
    attempt_clear(&attempt);
    return outcome;
}

/* ---- running ----------------------------------------------------------------------------------------------------------- */

static gboolean write_inputs(const ContextBackend *b, Value *const *inputs, gsize n, GPtrArray *paths, GError **error)
{
    if (g_mkdir(b->outputs, 0700) != 0) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s: %s", b->outputs, g_strerror(errno));
        return FALSE;
    }
    for (gsize i = 0; i < n; i++) {
        g_autofree char *file = g_strdup_printf("input_%" G_GSIZE_FORMAT ".pb", i);
        char *path = g_build_filename(b->scratch, file, NULL);
        g_ptr_array_add(paths, path);
        if (inputs[i] && !value_save(inputs[i], NULL, path, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_outputs(const Attempt *attempt, Value **outputs, gsize n, GError **error)
{
    if (attempt->outputs->len != n) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_PROTOCOL, "the object gave %u outputs, the region has %" G_GSIZE_FORMAT, attempt->outputs->len, n);
        return FALSE;
    }
    for (gsize i = 0; i < n; i++) {
        outputs[i] = value_load(attempt->outputs->pdata[i], NULL, NULL, error);
        if (outputs[i])
            continue;
        while (i-- > 0)
            g_clear_pointer(&outputs[i], value_unref);
        return FALSE;
    }
    return TRUE;
}

gboolean context_backends_run(const Node *node, Value *const *inputs, gsize n_inputs, Value **outputs, gsize n_outputs, gpointer data,
                              GError **error)
{
    const GPtrArray *backends = data;
    const Bytes      name = node_attribute(node, "name")->s;
    g_autofree char *object = g_strndup((const char *)name.data, name.size), *key = g_strndup(object, strcspn(object, "/"));
    ContextBackend  *b = NULL;
    for (guint i = 0; i < backends->len && !b; i++)
        if (strcmp(((ContextBackend *)backends->pdata[i])->key, key) == 0)
            b = backends->pdata[i];
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    Attempt attempt;
    if (!b) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "no backend '%s' in this session", key);
        return FALSE;
    }
    if (!scratch_empty(b->scratch, error) || !write_inputs(b, inputs, n_inputs, paths, error))
        return FALSE;
    worker_run_compiled(b->worker, object, paths, b->outputs, &attempt);
    const gboolean good = attempt.kind == ATTEMPT_ANSWERED ? read_outputs(&attempt, outputs, n_outputs, error)
                                                           : broke(b, "run an object", &attempt, error);
    attempt_clear(&attempt);
    return good;
}
