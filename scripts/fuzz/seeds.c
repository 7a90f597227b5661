/* seeds FOLDER: writes models of a single node, FOLDER/<operator>-<rank>.onnx, for every operator: its required attributes,
 * its inputs small initializers of a type that its schema admits, those of rank 3 with values at the edges. Where a fuzzer
 * starts, and what two machines must compute alike; many run, some are refused. */
#include "reference/eval/schema.h"
#include "reference/onnx/save.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static DType first_dtype(const Schema *schema, const Formal *formal)
{
    static const DType liked[] = { DTYPE_FLOAT, DTYPE_INT64, DTYPE_BOOL, DTYPE_STRING, DTYPE_UINT8, DTYPE_INT8 };
    if (formal->variable < 0)
        return DTYPE_FLOAT;
    const TypeVariable *variable = &schema->variables[formal->variable];
    for (gsize i = 0; i < G_N_ELEMENTS(liked); i++)
        if (variable->dtypes[liked[i] / 64] >> (liked[i] % 64) & 1)
            return liked[i];
    return DTYPE_FLOAT;
}

/* step: in which order the values come, so that inputs meet differently. */
static Tensor *small_tensor(DType dtype, int64_t rank, int64_t step)
{
    static const double edges[] = { 0, -0.0, 1, -1, 0.5, -2.5, 3, INFINITY, -INFINITY, NAN, 1e30, -1e30, 1e-40, 127.5, 65520,
                                    2147483648.0, -2147483649.0, 9.3e18, 1.8446744073709552e19, 3.4e38, 0x1p-149, 1.1, 7 };
    const Shape shape = rank == 0 ? SHAPE0 : rank == 1 ? SHAPE(2) : rank == 2 ? SHAPE(2, 2) : SHAPE(2, 5, 7);
    Tensor *tensor = tensor_new(dtype, &shape, NULL);
    for (int64_t i = 0; i < tensor->count; i++) {
        if (dtype == DTYPE_STRING)
            tensor_set_string(tensor, i, i % 2 ? "nan" : "-1.5", -1);
        else if (rank == 3)
            tensor_set_double(tensor, i, edges[(i * step) % (int64_t)G_N_ELEMENTS(edges)]);
        else
            tensor_set_int(tensor, i, i % 3);
    }
    return tensor;
}

static void set_attribute(Node *node, Graph *graph, const FormalAttribute *formal)
{
    switch (formal->type) {
    case ATTRIBUTE_FLOAT:
        node_set_float(node, graph, formal->name, 0.5F);
        break;
    case ATTRIBUTE_STRING:
        node_set_string(node, graph, formal->name, "constant");
        break;
    case ATTRIBUTE_INTS:
        node_set_ints(node, graph, formal->name, INTS(1, 1));
        break;
    case ATTRIBUTE_FLOATS:
        node_set_floats(node, graph, formal->name, (const float[]){ 0.5F, 1 }, 2);
        break;
    case ATTRIBUTE_STRINGS:
        node_set_strings(node, graph, formal->name, NAMES("a", "b"));
        break;
    case ATTRIBUTE_TENSOR:
        node_set_tensor(node, graph, formal->name, small_tensor(DTYPE_FLOAT, 1, 1));
        break;
    default:
        node_set_int(node, graph, formal->name, 1);
    }
}

/* rank: of every input. */
static gboolean write_seed(const char *folder, const Operator *op, int64_t rank, GError **error)
{
    const OpVersion *version = &op->versions[op->n_versions - 1];
    if (version->deprecated)
        return TRUE; /* it has no schema any more */
    const Schema *schema = schema_of(version);
    g_autoptr(Model) model = model_new();
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    static const char *const in[] = { "a", "b", "c", "d", "e", "f", "g", "h" }, *const out[] = { "p", "q", "r", "s" };
    for (gsize i = 0; i < MIN(schema->n_inputs, G_N_ELEMENTS(in)); i++) {
        g_ptr_array_add(inputs, (gpointer)in[i]);
        graph_add_initializer(model->graph, in[i], 
                              small_tensor(first_dtype(schema, &schema->inputs[i]), rank, (int64_t)i + 1));
    }
    for (gsize i = 0; i < MIN(MAX(schema->min_outputs, 1), G_N_ELEMENTS(out)); i++) {
        g_ptr_array_add(outputs, (gpointer)out[i]);
        graph_add_output(model->graph, out[i], NULL);
    }
    g_ptr_array_add(inputs, NULL);
    g_ptr_array_add(outputs, NULL);
    model_import(model, op->domain, *op->domain ? version->since : 23);
    Node *node = graph_add_node(model->graph, op->domain, op->name, (const char *const *)inputs->pdata,
                                (const char *const *)outputs->pdata);
    for (gsize i = 0; i < schema->n_attributes; i++)
        if (schema->attributes[i].required)
            set_attribute(node, model->graph, &schema->attributes[i]);
    g_autofree char *file = g_strdup_printf("%s-%s-%d.onnx", *op->domain ? op->domain : "onnx", op->name, (int)rank);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autoptr(GBytes) bytes = model_to_bytes(model, error);
    gsize size = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    return data && file_replace(path, data, size, FALSE, error);
}

int main(int argc, char **argv)
{
    gsize n;
    const Operator *const *operators = operator_all(&n);
    g_autoptr(GError) error = NULL;
    if (argc != 2) {
        fputs("usage: seeds FOLDER\n", stderr);
        return 2;
    }
    for (gsize i = 0; i < n; i++)
        for (int64_t rank = 0; rank < 4; rank++)
            if (!write_seed(argv[1], operators[i], rank, &error)) {
                fprintf(stderr, "seeds: %s: %s\n", operators[i]->name, error->message);
                return 3;
            }
    return 0;
}
