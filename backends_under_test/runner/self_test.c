#include "backends_under_test/runner/self_test.h"
#include "backends_under_test/runner/options.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/onnx/save.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

#define MOST_SILENT  3 /* checks in a row without a word */
#define ELEMENTS     5 /* odd, so that packed types end in a part of a byte */
#define SETTLE_US    50000 /* how long an adapter may need to speak unasked */

typedef struct {
    const Backend *backend;
    const SelfTestOptions *options;
    Worker        *worker;
    char          *folder, *outputs, *model, *input;
    GPtrArray     *checks;
    guint          silent; /* checks in a row that timed out, or for which no adapter could be started */
    gboolean       given_up;
} Session;

const char *check_result_name(CheckResult result)
{
    static const char *const names[] = { "good", "note", "bad" };
    return names[result];
}

static void check_free(gpointer data)
{
    Check *check = data;
    g_free(check->name);
    g_free(check->message);
    g_free(check);
}

static void report(Session *s, const char *name, CheckResult result, const char *format, ...) G_GNUC_PRINTF(4, 5);

static void report(Session *s, const char *name, CheckResult result, const char *format, ...)
{
    Check *check = g_new0(Check, 1);
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    const char *known = g_hash_table_lookup(s->backend->known_faults, name);
    check->name = g_strdup(name);
    check->result = !known ? result : result == CHECK_GOOD ? CHECK_BAD : CHECK_NOTE;
    check->message = !known                 ? g_steal_pointer(&message)
                     : result == CHECK_GOOD ? g_strdup_printf("is a known fault (%s), yet: %s", known, message)
                                            : g_strdup_printf("the backend's fault: %s; %s", known, message);
    g_ptr_array_add(s->checks, check);
    if (s->options->seen)
        s->options->seen(check, s->options->data);
}

gboolean self_test_passed(const GPtrArray *checks)
{
    for (guint i = 0; i < checks->len; i++)
        if (((const Check *)checks->pdata[i])->result == CHECK_BAD)
            return FALSE;
    return TRUE;
}

/* ---- talking to it ------------------------------------------------------------------------------------------------- */

/* Whoever hangs in one case hangs in all: nobody should wait for fifty deadlines to learn that. */
static gboolean given_up(Session *s)
{
    if (s->silent < MOST_SILENT || s->given_up)
        return s->given_up;
    s->given_up = TRUE;
    report(s, "the rest", CHECK_BAD, "given up: no answer to %d checks in a row, with %g s for each", MOST_SILENT, s->options->seconds);
    return TRUE;
}

static gboolean ensure_worker(Session *s, const char *name)
{
    g_autoptr(GError) error = NULL;
    WorkerLimits      limits = { s->options->seconds, DEFAULT_OUTPUT_BYTES, NULL, 0 };
    if (given_up(s))
        return FALSE;
    if (s->worker && worker_usable(s->worker))
        return TRUE;
    g_clear_pointer(&s->worker, worker_free);
    if (!(s->worker = worker_start(s->backend, &limits, &error))) {
        s->silent++;
        report(s, name, CHECK_BAD, "%s", error->message);
    }
    return s->worker != NULL;
}

/* FALSE if there is no worker; else the attempt is to be cleared. */
static gboolean attempt_model(Session *s, const char *name, const char *model, gboolean with_input, Attempt *attempt)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new();
    if (!ensure_worker(s, name) || !scratch_empty(s->outputs, NULL))
        return FALSE;
    if (with_input)
        g_ptr_array_add(inputs, s->input);
    worker_run(s->worker, model, inputs, s->outputs, attempt);
    s->silent = attempt->kind == ATTEMPT_TIMED_OUT ? s->silent + 1 : 0;
    return TRUE;
}

/* ---- values come back unchanged ------------------------------------------------------------------------------------- */

/* Codes that reach every bit of the type; never a NaN, whose payload nobody owes us. */
static Tensor *sample(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    Shape            shape = SHAPE(ELEMENTS);
    Tensor          *tensor = tensor_new(dtype, &shape, NULL);
    for (int64_t i = 0; tensor && i < ELEMENTS; i++) {
        g_autofree char *text = g_strdup_printf("text %d", (int)i);
        if (dtype == DTYPE_STRING)
            tensor_set_string(tensor, i, i == 1 ? "" : text, -1);
        else if (info->domain == DOMAIN_BOOL)
            tensor_set_bits(tensor, i, (uint64_t)i & 1);
        else if (info->domain == DOMAIN_COMPLEX)
            memset((char *)tensor->data + i * info->width, (int)i, (size_t)info->width);
        else if (info->domain == DOMAIN_FLOAT && info->bits > 4)
            tensor_set_double(tensor, i, (double)(1 << i) / (dtype == DTYPE_FLOAT8E8M0 ? 1.0 : -2.0));
        else
            tensor_set_bits(tensor, i, (UINT64_C(0x6d6d6d6d6d6d6d6d) >> i) & (UINT64_MAX >> (64 - info->bits)));
    }
    return tensor;
}

/* y = Constant, or y = Identity(x). */
static gboolean write_model(Session *s, const Tensor *tensor, gboolean identity, GError **error)
{
    g_autoptr(Model) model = model_new();
    Graph           *graph = model->graph;
    model_import(model, "", 25);
    if (identity) {
        graph_add_input(graph, "x", type_tensor(model, tensor->dtype, &tensor->shape));
        graph_add_node(graph, "", "Identity", NAMES("x"), NAMES("y"));
    } else {
        Node *node = graph_add_node(graph, "", "Constant", NO_NAMES, NAMES("y"));
        node_set_tensor(node, graph, "value", tensor_ref(tensor));
    }
    graph_add_output(graph, "y", type_tensor(model, tensor->dtype, &tensor->shape));
    return model_save(model, s->model, error) &&
           tensor_save(tensor, "x", tensor->dtype == DTYPE_STRING ? STORAGE_TYPED : STORAGE_RAW, s->input, error);
}

static void check_answer(Session *s, const char *name, const Tensor *expected, const Attempt *attempt)
{
    g_autoptr(GError) error = NULL;
    if (attempt->kind == ATTEMPT_REFUSED) {
        report(s, name, CHECK_NOTE, "refused at %s: %s", attempt->stage, attempt->message);
        return;
    }
    if (attempt->kind != ATTEMPT_ANSWERED || attempt->outputs->len != 1) {
        report(s, name, CHECK_BAD, "%s", attempt->message ? attempt->message : "expected one output file");
        return;
    }
    g_autoptr(Tensor) actual = tensor_load(attempt->outputs->pdata[0], NULL, NULL, &error);
    Comparison        comparison = { 0 };
    CompareSpec       bits = { .mode = COMPARE_BITS };
    if (!actual)
        report(s, name, CHECK_BAD, "%s", error->message);
    else if (compare_tensors(&bits, expected, NULL, NULL, actual, &comparison))
        report(s, name, CHECK_GOOD, "comes back bit for bit");
    else
        report(s, name, CHECK_BAD, "%s", comparison.message ? comparison.message : "came back changed");
    comparison_clear(&comparison);
}

static gboolean check_type(Session *s, DType dtype, gboolean identity, GError **error)
{
    g_autofree char  *name = g_strdup_printf("%s %s", dtype_name(dtype), identity ? "through Identity" : "constant");
    g_autoptr(Tensor) tensor = sample(dtype);
    Attempt           attempt = { 0 };
    if (!tensor || !write_model(s, tensor, identity, error))
        return FALSE;
    if (attempt_model(s, name, s->model, identity, &attempt))
        check_answer(s, name, tensor, &attempt);
    attempt_clear(&attempt);
    return TRUE;
}

static gboolean check_types(Session *s, GError **error)
{
    gsize n;
    const DTypeInfo *const *all = dtype_all(&n);
    for (gsize i = 0; i < n; i++)
        if (dtype_on_wire(all[i]->dtype) &&
            (!check_type(s, all[i]->dtype, FALSE, error) || !check_type(s, all[i]->dtype, TRUE, error)))
            return FALSE;
    return TRUE;
}

/* ---- refusing, staying alive, stopping ------------------------------------------------------------------------------ */

static void check_refusal(Session *s, const char *name, const char *model)
{
    Attempt attempt = { 0 };
    if (!attempt_model(s, name, model, FALSE, &attempt))
        return;
    if (attempt.kind != ATTEMPT_REFUSED)
        report(s, name, CHECK_BAD, "%s", attempt.message ? attempt.message : "was accepted");
    else
        report(s, name, strcmp(attempt.stage, "load") == 0 || s->backend->kind == BACKEND_COMMAND ? CHECK_GOOD : CHECK_BAD,
               "refused at %s: %s", attempt.stage, attempt.message);
    attempt_clear(&attempt);
    if (s->backend->kind == BACKEND_ADAPTER && !worker_usable(s->worker))
        report(s, name, CHECK_BAD, "the adapter did not survive it");
}

static gboolean check_refusals(Session *s, GError **error)
{
    g_autofree char *missing = g_build_filename(s->folder, "no-such-model.onnx", NULL);
    g_autofree char *garbage = g_build_filename(s->folder, "garbage.onnx", NULL);
    g_autofree char *empty = g_build_filename(s->folder, "empty.onnx", NULL);
    if (!g_file_set_contents(garbage, "this is no model", -1, error) || !g_file_set_contents(empty, "", 0, error))
        return FALSE;
    check_refusal(s, "a model file that does not exist", missing);
    check_refusal(s, "a model file of garbage", garbage);
    check_refusal(s, "an empty model file", empty);
    return TRUE;
}

/* A refusal and the last case that came back unchanged, asked for at once. */
static void check_queue(Session *s)
{
    g_autofree char *missing = g_build_filename(s->folder, "no-such-model.onnx", NULL);
    g_autoptr(GPtrArray) none = g_ptr_array_new(), inputs = g_ptr_array_new();
    Attempt first = { 0 }, second = { 0 };
    if (!ensure_worker(s, "queues") || !worker_hello(s->worker)->queues || !scratch_empty(s->outputs, NULL))
        return;
    g_ptr_array_add(inputs, s->input);
    worker_send(s->worker, missing, none, s->outputs);
    worker_send(s->worker, s->model, inputs, s->outputs);
    worker_receive(s->worker, &first);
    if (first.kind == ATTEMPT_REFUSED)
        worker_receive(s->worker, &second);
    const gboolean good = first.kind == ATTEMPT_REFUSED && second.kind == ATTEMPT_ANSWERED;
    report(s, "queues", good ? CHECK_GOOD : CHECK_BAD, "%s", good ? "two requests at once are answered in order" :
           second.message ? second.message : first.message ? first.message : "two requests at once are not answered in order");
    attempt_clear(&first);
    attempt_clear(&second);
}

static void check_quiet_and_stop(Session *s)
{
    char *how = NULL;
    if (!ensure_worker(s, "stop"))
        return;
    g_usleep(SETTLE_US);
    report(s, "speaks only when asked", worker_usable(s->worker) ? CHECK_GOOD : CHECK_BAD, "%s",
           worker_usable(s->worker) ? "nothing unasked on stdout" : "wrote to stdout, or ended, unasked");
    gboolean good = worker_stop(s->worker, 2, &how);
    report(s, "stop", good ? CHECK_GOOD : CHECK_BAD, "%s", how ? how : "nothing to stop");
    g_free(how);
}

static gboolean run_checks(Session *s, GError **error)
{
    if (!ensure_worker(s, "hello"))
        return TRUE;
    const Hello *hello = worker_hello(s->worker);
    g_usleep(SETTLE_US);
    if (!worker_usable(s->worker)) { /* every other check would fail for this */
        report(s, "hello", CHECK_BAD, "wrote more than one line as the answer to hello, or ended after it");
        return TRUE;
    }
    report(s, "hello", CHECK_GOOD, "%s %s on %s", hello->name, hello->version, hello->device);
    if (!check_types(s, error) || !check_refusals(s, error) || !check_type(s, DTYPE_FLOAT, TRUE, error))
        return FALSE;
    check_queue(s);
    check_quiet_and_stop(s);
    return TRUE;
}

GPtrArray *self_test(const Backend *backend, const SelfTestOptions *options, GError **error)
{
    Session s = { .backend = backend, .options = options, .folder = scratch_make(error) };
    if (!s.folder)
        return NULL;
    s.checks = g_ptr_array_new_with_free_func(check_free);
    s.outputs = g_build_filename(s.folder, "outputs", NULL);
    s.model = g_build_filename(s.folder, "model.onnx", NULL);
    s.input = g_build_filename(s.folder, "input_0.pb", NULL);
    gboolean good = g_mkdir(s.outputs, 0700) == 0 && run_checks(&s, error);
    if (!good)
        g_clear_pointer(&s.checks, g_ptr_array_unref);
    worker_free(s.worker);
    scratch_remove(s.folder);
    g_free(s.folder);
    g_free(s.outputs);
    g_free(s.model);
    g_free(s.input);
    return s.checks;
}
