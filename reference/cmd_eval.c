#include "reference/cli/subcommand.h"
#include "reference/eval/limits.h"
#include "reference/onnx/check.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static int cmd_eval(int argc, char **argv);
SUBCOMMAND_DEFINE(eval, "eval", "MODEL", "run the reference evaluator on any ONNX model", cmd_eval)

typedef struct {
    gboolean certify, body, no_check, stats;
    int      threads;
    Limits   limits;
    char   **inputs, *folder;
} Options;

/* The graph input that `given`, "NAME=FILE" or "FILE", is for; *path: its FILE. Without a name it is the first that still lacks a
 * value, of those that have none in the model itself. */
static gboolean find_input(const Graph *graph, const GPtrArray *values, const char *given, gsize *input, const char **path, GError **error)
{
    const char *equals = strchr(given, '=');
    const gsize n = equals ? (gsize)(equals - given) : 0;
    for (gsize i = 0; i < graph->inputs.n; i++) {
        const char *name = LIST_AT(&graph->inputs, ValueInfo, i)->name;
        if (equals && strlen(name) == n && strncmp(name, given, n) == 0) {
            *input = i;
            *path = equals + 1;
            if (!g_ptr_array_index(values, i))
                return TRUE;
            g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "%s: input '%s' was given already", given, name);
            return FALSE;
        }
    }
    if (equals && !g_file_test(given, G_FILE_TEST_EXISTS)) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "%s: the graph has no input '%.*s', and there is no such file", given, (int)n, given);
        return FALSE;
    }
    *path = given;
    for (*input = 0; *input < graph->inputs.n; ++*input)
        if (!g_ptr_array_index(values, *input) && !graph_initializer(graph, LIST_AT(&graph->inputs, ValueInfo, *input)->name))
            return TRUE;
    g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "%s is one input too many: of the graph's %" G_GSIZE_FORMAT " inputs none is left without "
                "a value (NAME=FILE.pb gives one to an input by its name)", given, graph->inputs.n);
    return FALSE;
}

static GPtrArray *read_inputs(const Model *model, char **given, GError **error)
{
    const Graph *graph = model->graph;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    g_ptr_array_set_size(values, (gint)graph->inputs.n);
    for (; given && *given; given++) {
        gsize i;
        const char *path;
        if (!find_input(graph, values, *given, &i, &path, error))
            return NULL;
        Value *value = value_load(path, LIST_AT(&graph->inputs, ValueInfo, i)->type, NULL, error);
        if (!value)
            return NULL;
        g_ptr_array_index(values, i) = value;
    }
    return g_steal_pointer(&values);
}

static gboolean save_tensor(const Options *o, const char *kind, gsize i, const Value *value, const char *name, GError **error)
{
    g_autofree char *file = g_strdup_printf("%s_%" G_GSIZE_FORMAT ".pb", kind, i);
    g_autofree char *path = g_build_filename(o->folder, file, NULL);
    return value_save(value, name, path, error);
}

static gboolean save_bound(const Options *o, const char *kind, gsize i, const Tensor *tensor, const char *name, GError **error)
{
    if (!tensor)
        return TRUE;
    g_autoptr(Value) value = value_from_tensor(tensor_ref(tensor));
    return save_tensor(o, kind, i, value, name, error);
}

static void print_output(const char *name, const EvalOutput *output, gboolean certify)
{
    enum { SHOWN = 64 };
    g_autofree char *what = value_describe(output->value);
    g_autofree char *text = output->value->kind == VALUE_TENSOR ? tensor_to_text(output->value->tensor, SHOWN) : NULL;
    printf("%s = %s", name, text ? text : what);
    if (certify)
        printf("   # %s", !output->certified ? "no certificate" : output->lower ? "interval" : "exact");
    putchar('\n');
}

static gboolean deliver(const Options *o, const Model *model, const EvalOutput *outputs, GError **error)
{
    if (o->folder && g_mkdir_with_parents(o->folder, 0777) != 0) {
        const int code = errno;
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "cannot make the folder %s: %s", o->folder,
                    g_strerror(code));
        return FALSE;
    }
    for (gsize i = 0; i < model->graph->outputs.n; i++) {
        const char *name = LIST_AT(&model->graph->outputs, ValueInfo, i)->name;
        if (!o->folder)
            print_output(name, &outputs[i], o->certify);
        else if (!save_tensor(o, "output", i, outputs[i].value, name, error) ||
                 !save_bound(o, "lower", i, outputs[i].lower, name, error) ||
                 !save_bound(o, "upper", i, outputs[i].upper, name, error))
            return FALSE;
    }
    return TRUE;
}

/* On stderr, so that it mixes with no output. Kernels' scratch memory shows in the process only. */
static void print_stats(gsize largest_live, gint64 microseconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double mib = 1 << 20;
    fprintf(stderr, "run: %.3f s; largest live set: %.2f MiB; tensors at peak: %.2f MiB; process at peak: %.2f MiB\n",
            (double)microseconds / G_USEC_PER_SEC, (double)largest_live / mib, (double)tensor_memory_peak() / mib,
            (double)usage.ru_maxrss / 1024);
}

static gboolean evaluate(const Options *o, const char *path, GError **error)
{
    EvalLimits limits = { 0 };
    if (!limits_apply(&o->limits, &limits, error))
        return FALSE;
    g_autoptr(Model) model = model_load(path, NULL, error);
    if (!model || (!o->no_check && !model_check(model, error)))
        return FALSE;
    gsize largest_live = 0;
    const EvalOptions options = { .threads = (guint)o->threads, .certify = o->certify, .prefer_body = o->body,
                                  .limits = limits,
                                  .largest_live = o->stats ? &largest_live : NULL };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, error);
    g_autoptr(GPtrArray) inputs = evaluator ? read_inputs(model, o->inputs, error) : NULL;
    if (!inputs)
        return FALSE;
    const gsize n = model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    const gint64 start = g_get_monotonic_time();
    if (!evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error))
        return FALSE;
    if (o->stats)
        print_stats(largest_live, g_get_monotonic_time() - start);
    const gboolean ok = deliver(o, model, outputs, error);
    for (gsize i = 0; i < n; i++)
        eval_output_clear(&outputs[i]);
    return ok;
}

static int cmd_eval(int argc, char **argv)
{
    Options o = { .threads = 1, .limits = LIMITS_DEFAULT };
    int code;
    const GOptionEntry entries[] = {
        { "input", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.inputs, "An input as TensorProto; without a name, in the order of the graph's inputs that have no value", "[NAME=]FILE.pb" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.folder, "Write output_<i>.pb there (made if need be) instead of printing", "DIR" },
        { "certify", 0, 0, G_OPTION_ARG_NONE, &o.certify, "Also the interval of every element (lower_<i>.pb, upper_<i>.pb)", NULL },
        { "prefer-body", 0, 0, G_OPTION_ARG_NONE, &o.body, "Run operators that are defined as functions from their body", NULL },
        { "no-check", 0, 0, G_OPTION_ARG_NONE, &o.no_check, "Do not check the model's structure first", NULL },
        { "threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads inside kernels; the result does not depend on it", "N" },
        { "stats", 0, 0, G_OPTION_ARG_NONE, &o.stats, "Also say, on stderr, how long it took and how much memory it needed", NULL },
        LIMIT_ENTRIES(&o.limits),
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_eval, entries,
                   "Example: assay eval model.onnx -i input_0.pb -i input_1.pb", &code))
        return code;
    if (argc != 2)
        return cli_complain(&subcommand_eval, EXIT_USAGE, "expected one model; see 'assay eval --help'");
    if (o.threads < 1)
        return cli_complain(&subcommand_eval, EXIT_USAGE, "--threads %d: expected at least 1", o.threads);
    GError *error = NULL;
    const gboolean ok = evaluate(&o, argv[1], &error);
    g_strfreev(o.inputs);
    g_free(o.folder);
    if (!ok) {
        if (!g_str_has_prefix(error->message, argv[1])) /* messages of loading name the file themselves */
            g_prefix_error(&error, "%s: ", argv[1]);
        return cli_fail(&subcommand_eval, EXIT_USAGE, error);
    }
    return cli_finish(&subcommand_eval, EXIT_GOOD);
}
