/* Bytes as a model that is run, with intervals, under small limits. Graph inputs without initializer get values that only
 * their place decides. A second run gives the same bits. With $FUZZ_PRINT the answers are printed as digests, so that the
 * same files can be run on two machines and compared. */
#include "reference/eval/eval.h"
#include "reference/onnx/check.h"
#include "scripts/fuzz/target.h"

#include <string.h>

FUZZ_MUTATES(MESSAGE_MODEL)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    gsize n;
    const Operator *const *all = operator_all(&n);
    const char **names = g_new0(const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        names[i] = all[i]->name;
    mutate_operators = names;
    return 0;
}

enum { MAX_COUNT = 4096, MEMORY = 8 << 20 };

/* Unknown dims are 2. NULL if the input is no small tensor. */
static Value *make_input(const ValueInfo *info, guint seed)
{
    const Type *type = info->type;
    int64_t     dims[SHAPE_MAX_RANK];
    Shape       shape;
    if (!type || type->kind != TYPE_TENSOR || type->rank > SHAPE_MAX_RANK || !dtype_info((DType)type->elem))
        return NULL;
    for (gsize d = 0; d < type->rank; d++)
        dims[d] = type->dims[d].value >= 0 ? type->dims[d].value : 2;
    if (!shape_make(dims, type->rank, &shape, NULL) || shape_count(&shape) > MAX_COUNT)
        return NULL;
    Tensor *tensor = tensor_new((DType)type->elem, &shape, NULL);
    GRand  *random = g_rand_new_with_seed(seed);
    for (int64_t i = 0; tensor && i < tensor->count; i++) {
        if (tensor->dtype == DTYPE_STRING)
            tensor_set_string(tensor, i, i % 2 ? "b" : "assay", -1);
        else if (dtype_info(tensor->dtype)->width <= 8)
            tensor_set_int(tensor, i, g_rand_int_range(random, -4, 5));
    }
    g_rand_free(random);
    return tensor ? value_from_tensor(tensor) : NULL;
}

static GPtrArray *make_inputs(const Model *model)
{
    GPtrArray *inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < model->graph->inputs.n; i++) {
        const ValueInfo *info = LIST_AT(&model->graph->inputs, ValueInfo, i);
        g_ptr_array_add(inputs, graph_initializer(model->graph, info->name) ? NULL : make_input(info, (guint)i));
    }
    return inputs;
}

static gboolean run(const Model *model, gboolean body, GPtrArray *inputs, EvalOutput *outputs, GError **error)
{
    const EvalOptions options = { .limits = { .nodes = 500, .iterations = 50, .depth = 30, .seconds = 2 },
                                  .certify = TRUE, .any_shape = TRUE, .prefer_body = body };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, error);
    return evaluator && evaluator_run(evaluator, (Value *const *)inputs->pdata, inputs->len, outputs, error);
}

static void compare(const EvalOutput *a, const EvalOutput *b, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (a[i].value->kind == VALUE_TENSOR) {
            fuzz_require(b[i].value->kind == VALUE_TENSOR && tensor_equal(a[i].value->tensor, b[i].value->tensor),
                         "output %zu: two runs, two answers\n", i);
            fuzz_require(!a[i].lower == !b[i].lower, "output %zu: two runs, two intervals\n", i);
            fuzz_require(!a[i].lower || (shape_equal(&a[i].lower->shape, &a[i].value->tensor->shape) &&
                                         shape_equal(&a[i].upper->shape, &a[i].value->tensor->shape)),
                         "output %zu: the interval has another shape\n", i);
        }
}

static void print_digest(const char *what, const Tensor *tensor)
{
    if (!tensor || tensor->dtype == DTYPE_STRING)
        return;
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, tensor->data, tensor->bytes);
    g_autofree char *type = tensor_describe(tensor);
    printf("  %s %s %s\n", what, type, digest);
}

static void print(const EvalOutput *outputs, gsize n)
{
    for (gsize i = 0; g_getenv("FUZZ_PRINT") && i < n; i++) {
        print_digest("value", outputs[i].value->tensor);
        print_digest("lower", outputs[i].lower);
        print_digest("upper", outputs[i].upper);
    }
}

static void clear(EvalOutput *outputs, gsize n)
{
    for (gsize i = 0; i < n; i++)
        eval_output_clear(&outputs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    tensor_memory_set_limit(MEMORY);
    g_autoptr(Model) model = model_load_bytes(data, size, NULL, "fuzzed", NULL, &error);
    if (model && model_check(model, &error)) {
        g_autoptr(GPtrArray) inputs = make_inputs(model);
        const gsize n = model->graph->outputs.n;
        g_autofree EvalOutput *first = g_new0(EvalOutput, n + 1), *second = g_new0(EvalOutput, n + 1);
        if (run(model, FALSE, inputs, first, &error)) {
            print(first, n);
            /* A run that takes long, on a loaded machine, may be over the time the second time. */
            if (run(model, FALSE, inputs, second, &error))
                compare(first, second, n);
            clear(second, n);
            clear(first, n);
        }
        fuzz_refusal(error);
        if (run(model, TRUE, inputs, first, &error)) {
            print(first, n);
            clear(first, n);
        }
    }
    fuzz_refusal(error);
    return 0;
}
