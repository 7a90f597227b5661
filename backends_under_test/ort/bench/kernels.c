/* Our evaluator beside ONNX Runtime, in one process, on the same threads: CPU time of one run of a prepared model.
 *
 *     kernels [-t THREADS] [-s SECONDS] [-c] [MODEL.onnx ...]
 *
 * Without models: matrix product, convolutions of ResNet-50's stages, attention. Sessions and evaluators are made before
 * the clock starts; the sides take turns, and the least time of each counts, since other work on the machine only adds.
 * CPU time is that of all threads; ONNX Runtime's are told not to spin while they wait.
 *
 * Exit status: 0 all within the limits, 1 not, 2 something could not be run. */
#include "backends_under_test/ort/values.h"
#include "reference/eval/eval.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"
#include "reference/cli/retain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ORT_ADD_CONFIG_ENTRY = 130 }; /* (OrtSessionOptions *, const char *key, const char *value); since API 5 */

/* Times ONNX Runtime's that an evaluation may take: values alone, and with an interval for every element. */
#define LIMIT_VALUES    3.0
#define LIMIT_CERTIFIED 6.0

typedef struct {
    int      threads;
    double   seconds; /* spent on each side at least */
    gboolean certify; /* measure intervals too */
} Options;

typedef struct {
    const char *name, *text;
} Kernel;

#define CONV(inputs, outputs, size, kernel, pads) \
    "<ir_version: 8, opset_import: [\"\" : 17]> g (float[1," inputs "," size "," size "] x, " \
    "float[" outputs "," inputs "," kernel "," kernel "] w, float[" outputs "] b) => (float[1," outputs "," size "," size "] y) " \
    "{ y = Conv <pads = [" pads "," pads "," pads "," pads "]> (x, w, b) }"

static const Kernel kernels[] = {
    { "MatMul 1024x1024x1024", "<ir_version: 8, opset_import: [\"\" : 17]> g (float[1024,1024] a, float[1024,1024] b) => "
                               "(float[1024,1024] y) { y = MatMul (a, b) }" },
    { "Conv 7x7/2 3->64, 224", "<ir_version: 8, opset_import: [\"\" : 17]> g (float[1,3,224,224] x, float[64,3,7,7] w, float[64] b) => "
                               "(float[1,64,112,112] y) { y = Conv <pads = [3,3,3,3], strides = [2,2]> (x, w, b) }" },
    { "Conv 3x3 64->64, 56", CONV("64", "64", "56", "3", "1") },
    { "Conv 1x1 64->256, 56", CONV("64", "256", "56", "1", "0") },
    { "Conv 3x3 128->128, 28", CONV("128", "128", "28", "3", "1") },
    { "Conv 1x1 512->128, 28", CONV("512", "128", "28", "1", "0") },
    { "Conv 3x3 256->256, 14", CONV("256", "256", "14", "3", "1") },
    { "Conv 1x1 1024->256, 14", CONV("1024", "256", "14", "1", "0") },
    { "Conv 3x3 512->512, 7", CONV("512", "512", "7", "3", "1") },
    { "Conv 1x1 2048->512, 7", CONV("2048", "512", "7", "1", "0") },
    { "Attention 1x8x1024x64", "<ir_version: 10, opset_import: [\"\" : 23]> g (float[1,8,1024,64] q, float[1,8,1024,64] k, "
                               "float[1,8,1024,64] v) => (float[1,8,1024,64] y) { y = Attention (q, k, v) }" },
};

/* ---- inputs ------------------------------------------------------------------------------------------------------------- */

static gboolean is_initializer(const Graph *graph, const char *name)
{
    for (gsize i = 0; i < graph->initializers.n; i++)
        if (strcmp(LIST_AT(&graph->initializers, NamedTensor, i)->name, name) == 0)
            return TRUE;
    return FALSE;
}

/* Numbers of [-1, 1) from a linear congruential generator. */
static Value *make_input(const ValueInfo *info, GError **error)
{
    int64_t dims[SHAPE_MAX_RANK] = { 0 };
    Shape shape;
    for (gsize d = 0; d < MIN(info->type->rank, SHAPE_MAX_RANK); d++)
        dims[d] = MAX(info->type->dims[d].value, 1);
    Tensor *t = shape_make(dims, info->type->rank, &shape, error) ? tensor_new((DType)info->type->elem, &shape, error) : NULL;
    uint32_t state = 1;
    for (int64_t i = 0; t && i < t->count; i++) {
        state = state * 1664525 + 1013904223;
        tensor_set_double(t, i, (double)(state >> 8) / (1 << 23) - 1);
    }
    return t ? value_from_tensor(t) : NULL;
}

/* inputs[i] for graph input i, NULL where an initializer gives it. */
static GPtrArray *make_inputs(const Graph *graph, GError **error)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < graph->inputs.n; i++) {
        const ValueInfo *info = LIST_AT(&graph->inputs, ValueInfo, i);
        Value *value = is_initializer(graph, info->name) ? NULL : make_input(info, error);
        if (!value && !is_initializer(graph, info->name))
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    return g_steal_pointer(&inputs);
}

/* ---- one run of each side ------------------------------------------------------------------------------------------------ */

typedef struct {
    Model       *model;
    GPtrArray   *inputs;
    Evaluator   *evaluator;
    Engine      *engine;
    OrtSession  *session;
    GPtrArray   *names, *values, *keep; /* of ONNX Runtime's inputs */
    gboolean     certified;             /* whether the last run of ours gave every output an interval */
} Contest;

static gboolean run_ours(Contest *c, GError **error)
{
    const gsize n = c->model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n);
    if (!evaluator_run(c->evaluator, (Value *const *)c->inputs->pdata, c->inputs->len, outputs, error))
        return FALSE;
    c->certified = TRUE;
    for (gsize i = 0; i < n; i++) {
        c->certified &= outputs[i].certified;
        eval_output_clear(&outputs[i]);
    }
    return TRUE;
}

static gboolean run_theirs(Contest *c, GError **error)
{
    const List *declared = &c->model->graph->outputs;
    g_autofree OrtValue **outputs = g_new0(OrtValue *, declared->n);
    g_autofree const char **names = g_new0(const char *, declared->n);
    for (gsize i = 0; i < declared->n; i++)
        names[i] = LIST_AT(declared, ValueInfo, i)->name;
    Engine *e = c->engine;
    if (!engine_check(e,
                      ORT_CALL(e->api, ORT_RUN,
                               (OrtSession *, const OrtRunOptions *, const char *const *, const OrtValue *const *, size_t,
                                const char *const *, size_t, OrtValue **))(
                          c->session, NULL, (const char *const *)c->names->pdata, (const OrtValue *const *)c->values->pdata,
                          c->values->len, names, declared->n, outputs),
                      FALSE, error))
        return FALSE;
    for (gsize i = 0; i < declared->n; i++)
        ORT_RELEASE(e->api, ORT_RELEASE_VALUE, outputs[i]);
    return TRUE;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* CPU time in seconds, and how many times the other's ours is. */
typedef struct {
    double ours, theirs, ratio;
} Result;

static int by_size(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(GArray *numbers)
{
    g_array_sort(numbers, by_size);
    return g_array_index(numbers, double, numbers->len / 2);
}

static gboolean timed(gboolean (*run)(Contest *, GError **), Contest *c, double *seconds, GError **error)
{
    const double start = cpu_seconds();
    if (!run(c, error))
        return FALSE;
    *seconds = MAX(cpu_seconds() - start, 1e-9);
    return TRUE;
}

/* In turn, again and again: the median of each side, and of the ratios of neighbours. A processor that others share is not
 * equally fast at all times, which neighbours feel alike; the fastest run of either side says what the machine can do when
 * it is lucky. The first run of each is not counted: it makes room for what follows. */
static gboolean compete(const Options *o, Contest *c, Result *result, GError **error)
{
    double ours, theirs;
    g_autoptr(GArray) of_ours = g_array_new(FALSE, FALSE, sizeof(double)), of_theirs = g_array_new(FALSE, FALSE, sizeof(double)),
                      ratios = g_array_new(FALSE, FALSE, sizeof(double));
    if (!run_ours(c, error) || !run_theirs(c, error))
        return FALSE;
    for (double spent = 0; spent < o->seconds || ratios->len == 0; spent += MIN(ours, theirs)) {
        if (!timed(run_ours, c, &ours, error) || !timed(run_theirs, c, &theirs, error))
            return FALSE;
        const double ratio = ours / theirs;
        g_array_append_val(of_ours, ours);
        g_array_append_val(of_theirs, theirs);
        g_array_append_val(ratios, ratio);
    }
    *result = (Result){ median(of_ours), median(of_theirs), median(ratios) };
    return TRUE;
}

/* ---- setting up ---------------------------------------------------------------------------------------------------------- */

static gboolean open_session(const Options *o, Contest *c, const char *path, GError **error)
{
    g_autofree char *json = g_strdup_printf("{\"threads\": \"%d\"}", o->threads);
    cJSON *root = cJSON_Parse(json);
    OrtSessionOptions *options = engine_options(c->engine, root, error);
    cJSON_Delete(root);
    if (!options)
        return FALSE;
    Engine *e = c->engine;
    const gboolean ok =
        engine_check(e, ORT_CALL(e->api, ORT_ADD_CONFIG_ENTRY, (OrtSessionOptions *, const char *, const char *))(
                            options, "session.intra_op.allow_spinning", "0"), TRUE, error) &&
        engine_check(e, ORT_CALL(e->api, ORT_CREATE_SESSION, (const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **))(
                            e->env, path, options, &c->session), TRUE, error);
    ORT_RELEASE(e->api, ORT_RELEASE_OPTIONS, options);
    return ok;
}

static gboolean convert_inputs(Contest *c, GError **error)
{
    for (guint i = 0; i < c->inputs->len; i++) {
        const Value *value = g_ptr_array_index(c->inputs, i);
        if (!value)
            continue;
        OrtValue *converted = value_to_ort(c->engine, value, c->keep, error);
        if (!converted)
            return FALSE;
        g_ptr_array_add(c->names, (gpointer)LIST_AT(&c->model->graph->inputs, ValueInfo, i)->name);
        g_ptr_array_add(c->values, converted);
    }
    return TRUE;
}

static void contest_clear(Contest *c)
{
    for (guint i = 0; i < c->values->len; i++)
        ORT_RELEASE(c->engine->api, ORT_RELEASE_VALUE, g_ptr_array_index(c->values, i));
    if (c->session)
        ORT_RELEASE(c->engine->api, ORT_RELEASE_SESSION, c->session);
    evaluator_free(c->evaluator);
    g_ptr_array_unref(c->names);
    g_ptr_array_unref(c->values);
    g_ptr_array_unref(c->keep);
    if (c->inputs)
        g_ptr_array_unref(c->inputs);
}

static gboolean open_evaluator(const Options *o, Contest *c, gboolean certify, GError **error)
{
    const EvalOptions options = { .threads = (guint)o->threads, .certify = certify };
    evaluator_free(c->evaluator);
    c->evaluator = evaluator_new(c->model, &options, error);
    return c->evaluator != NULL;
}

/* ---- weights -------------------------------------------------------------------------------------------------------------- */

static void keep_constant(const Node *node, G_GNUC_UNUSED gsize index, Value *const *outputs, G_GNUC_UNUSED gsize n, gpointer data)
{
    Graph *graph = data;
    if (strcmp(node->op_type, "ConstantOfShape") == 0)
        graph_add_initializer(graph, node->outputs[0], tensor_ref(outputs[0]->tensor));
}

/* The light networks are published ones whose weights became ConstantOfShape nodes. They are weights again here, before the
 * clock starts: ONNX Runtime computes what is constant when it makes a session, too. */
static gboolean place_weights(Model *model, GPtrArray *inputs, GError **error)
{
    List *nodes = &model->graph->nodes;
    g_autoptr(Model) original = model_copy(model);
    const EvalOptions options = { .trace = keep_constant, .trace_data = model->graph };
    g_autoptr(Evaluator) evaluator = evaluator_new(original, &options, error);
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, model->graph->outputs.n);
    if (!evaluator || !evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error))
        return FALSE;
    for (gsize i = 0; i < model->graph->outputs.n; i++)
        eval_output_clear(&outputs[i]);
    for (gsize i = nodes->n; i-- > 0;)
        if (strcmp(LIST_AT(nodes, Node, i)->op_type, "ConstantOfShape") == 0)
            list_remove(nodes, i);
    return TRUE;
}

static gboolean within(const char *name, const char *what, const Result *r, double limit)
{
    printf("%-26s %-10s %10.2f ms %10.2f ms %8.2f x   limit %g x%s\n", name, what, 1e3 * r->ours, 1e3 * r->theirs, r->ratio, limit,
           r->ratio > limit ? "   OVER" : "");
    fflush(stdout);
    return r->ratio <= limit;
}

static gboolean race(const Options *o, Contest *c, const char *name, const char *path, gboolean *all, GError **error)
{
    Result result;
    if (!(c->inputs = make_inputs(c->model->graph, error)) || !place_weights(c->model, c->inputs, error) ||
        !open_session(o, c, path, error) || !convert_inputs(c, error) ||
        !open_evaluator(o, c, FALSE, error) || !compete(o, c, &result, error))
        return FALSE;
    *all &= within(name, "values", &result, LIMIT_VALUES);
    if (!o->certify)
        return TRUE;
    if (!open_evaluator(o, c, TRUE, error) || !compete(o, c, &result, error))
        return FALSE;
    if (c->certified)
        *all &= within(name, "certified", &result, LIMIT_CERTIFIED);
    return TRUE;
}

static gboolean contest(const Options *o, Engine *engine, const char *name, const char *path, gboolean *all, GError **error)
{
    g_autoptr(Model) model = model_load(path, NULL, error);
    if (!model)
        return FALSE;
    Contest c = { .model = model, .engine = engine, .names = g_ptr_array_new(), .values = g_ptr_array_new(),
                  .keep = g_ptr_array_new_with_free_func(g_free) };
    const gboolean ok = race(o, &c, name, path, all, error);
    contest_clear(&c);
    return ok;
}

static gboolean contest_text(const Options *o, Engine *engine, const Kernel *kernel, gboolean *all, GError **error)
{
    g_autofree char *path = NULL;
    const int file = g_file_open_tmp("assay-XXXXXX.onnx", &path, error);
    g_autoptr(Model) model = file >= 0 ? model_from_text(kernel->text, error) : NULL;
    const gboolean ok = model && model_save(model, path, error) && contest(o, engine, kernel->name, path, all, error);
    if (file >= 0) {
        close(file);
        remove(path);
    }
    return ok;
}

static gboolean run_all(const Options *o, char **paths, int n, gboolean *all, GError **error)
{
    Engine engine = { 0 };
    if (!engine_open(&engine, NULL, error))
        return FALSE;
    printf("%-26s %-10s %13s %13s %10s   (CPU time, %d threads; ONNX Runtime %s)\n", "", "", "ours", "ONNX Runtime", "ratio",
           o->threads, engine.version);
    gboolean ok = TRUE;
    for (gsize i = 0; ok && n == 0 && i < G_N_ELEMENTS(kernels); i++)
        ok = contest_text(o, &engine, &kernels[i], all, error);
    for (int i = 0; ok && i < n; i++) {
        g_autofree char *base = g_path_get_basename(paths[i]);
        *g_strrstr(base, ".") = '\0';
        ok = contest(o, &engine, base, paths[i], all, error);
    }
    return ok;
}

int main(int argc, char **argv)
{
    Options o = { 2, 1, FALSE };
    const GOptionEntry entries[] = {
        { "threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads of both sides (default: 2)", "N" },
        { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &o.seconds, "CPU time to measure each model for (default: 1)", "S" },
        { "certify", 'c', 0, G_OPTION_ARG_NONE, &o.certify, "Also the time with intervals, where all outputs get one", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[MODEL.onnx ...]");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    gboolean all = TRUE;
    cli_retain_memory(); /* as assay does */
    if (!g_option_context_parse(context, &argc, &argv, &error) || !run_all(&o, argv + 1, argc - 1, &all, &error)) {
        g_printerr("kernels: %s\n", error->message);
        return 2;
    }
    return all ? 0 : 1;
}
