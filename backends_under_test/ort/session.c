#include "backends_under_test/ort/session.h"
#include "reference/onnx/load.h"

#include <string.h>

/* ---- names --------------------------------------------------------------------------------------------------------- */

/* The names in slot `name_slot`, as many as slot `count_slot` says. Array of char*, NULL on error. */
static GPtrArray *session_names(Engine *e, const OrtSession *session, int count_slot, int name_slot, GError **error)
{
    size_t               n = 0;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!engine_check(e, ORT_CALL(e->api, count_slot, (const OrtSession *, size_t *))(session, &n), FALSE, error))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        char *name = NULL;
        if (!engine_check(e,
                          ORT_CALL(e->api, name_slot, (const OrtSession *, size_t, OrtAllocator *, char **))(
                              session, i, e->allocator, &name),
                          FALSE, error))
            return NULL;
        g_ptr_array_add(names, g_strdup(name));
        e->allocator->free(e->allocator, name);
    }
    return g_steal_pointer(&names);
}

static gboolean holds(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* ---- inputs -------------------------------------------------------------------------------------------------------- */

/* What kind of message an input file holds: the session knows. */
static Value *load_input(Engine *e, const OrtSession *session, size_t index, gboolean known, const char *path,
                         GError **error)
{
    int          kind = ORT_TYPE_TENSOR;
    OrtTypeInfo *info = NULL;
    Type         tensor = { .kind = TYPE_TENSOR }, sequence = { .kind = TYPE_SEQUENCE, .item = &tensor };
    if (known && engine_check(e,
                              ORT_CALL(e->api, ORT_INPUT_TYPE, (const OrtSession *, size_t, OrtTypeInfo **))(
                                  session, index, &info),
                              TRUE, NULL)) {
        engine_check(e, ORT_CALL(e->api, ORT_TYPE_KIND, (const OrtTypeInfo *, int *))(info, &kind), TRUE, NULL);
        ORT_RELEASE(e->api, ORT_RELEASE_TYPE, info);
    }
    return value_load(path, kind == ORT_TYPE_SEQUENCE ? &sequence : NULL, NULL, error);
}

/* The name inside a tensor file; NULL if it holds none. */
static char *tensor_name(const char *path)
{
    char   *name = NULL;
    Tensor *tensor = tensor_load(path, &name, NULL, NULL);
    if (tensor)
        tensor_unref(tensor);
    return name;
}

typedef struct {
    GPtrArray *names;  /* of char* */
    GPtrArray *values; /* of OrtValue* */
    GPtrArray *keep;   /* memory of the values */
} Inputs;

static void inputs_clear(Engine *e, Inputs *inputs)
{
    for (guint i = 0; i < inputs->values->len; i++)
        ORT_RELEASE(e->api, ORT_RELEASE_VALUE, inputs->values->pdata[i]);
    g_ptr_array_unref(inputs->names);
    g_ptr_array_unref(inputs->values);
    g_ptr_array_unref(inputs->keep);
}

/* File i is for graph input i. The session lists inputs that are initializers too apart from the others, so the name
 * inside the file decides where it is a name of such an initializer. */
static gboolean fill_inputs(Engine *e, const OrtSession *session, const char *const *paths, gsize n, Inputs *inputs,
                            GError **error)
{
    g_autoptr(GPtrArray) names = session_names(e, session, ORT_INPUT_COUNT, ORT_INPUT_NAME, error);
    g_autoptr(GPtrArray) initializers =
        names ? session_names(e, session, ORT_INITIALIZER_COUNT, ORT_INITIALIZER_NAME, error) : NULL;
    if (!initializers)
        return FALSE;
    guint next = 0;
    for (gsize i = 0; i < n; i++) {
        g_autofree char *in_file = initializers->len > 0 ? tensor_name(paths[i]) : NULL;
        gboolean         initializer = in_file && holds(initializers, in_file);
        if (!initializer && next >= names->len) {
            g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_RUN,
                        "the session has %u inputs, the case gives %" G_GSIZE_FORMAT, names->len, n);
            return FALSE;
        }
        g_autoptr(Value) value = load_input(e, session, next, !initializer, paths[i], error);
        OrtValue        *converted = value ? value_to_ort(e, value, inputs->keep, error) : NULL;
        if (!converted)
            return FALSE;
        g_ptr_array_add(inputs->names, g_strdup(initializer ? in_file : (const char *)names->pdata[next++]));
        g_ptr_array_add(inputs->values, converted);
    }
    return TRUE;
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

static GPtrArray *collect_outputs(Engine *e, OrtValue **values, guint n, GError **error)
{
    g_autoptr(GPtrArray) outputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    gboolean             good = TRUE;
    for (guint i = 0; i < n; i++) {
        Value *value = good ? value_from_ort(e, values[i], error) : NULL;
        good = value != NULL;
        if (good)
            g_ptr_array_add(outputs, value);
        if (values[i])
            ORT_RELEASE(e->api, ORT_RELEASE_VALUE, values[i]);
    }
    return good ? g_steal_pointer(&outputs) : NULL;
}

/* The engine's own run, timed. */
static gboolean call(Engine *e, OrtSession *session, const Inputs *inputs, const GPtrArray *names, OrtValue **values,
                     double *seconds, GError **error)
{
    const double start = adapter_clock();
    const gboolean good = engine_check(e,
                                       ORT_CALL(e->api, ORT_RUN,
                                                (OrtSession *, const OrtRunOptions *, const char *const *,
                                                 const OrtValue *const *, size_t, const char *const *, size_t, OrtValue **))(
                                           session, NULL, (const char *const *)inputs->names->pdata,
                                           (const OrtValue *const *)inputs->values->pdata, inputs->values->len,
                                           (const char *const *)names->pdata, names->len, values),
                                       FALSE, error);
    *seconds = adapter_clock() - start;
    return good;
}

GPtrArray *session_run(Engine *e, OrtSession *session, const char *const *paths, gsize n, double *seconds, GError **error)
{
    g_autoptr(GPtrArray) names = session_names(e, session, ORT_OUTPUT_COUNT, ORT_OUTPUT_NAME, error);
    GPtrArray           *outputs = NULL;
    if (!names)
        return NULL;
    Inputs inputs = { g_ptr_array_new_with_free_func(g_free), g_ptr_array_new(), g_ptr_array_new_with_free_func(g_free) };
    g_autofree OrtValue **values = g_new0(OrtValue *, names->len + 1);
    if (fill_inputs(e, session, paths, n, &inputs, error) && call(e, session, &inputs, names, values, seconds, error))
        outputs = collect_outputs(e, values, names->len, error);
    inputs_clear(e, &inputs);
    return outputs;
}
