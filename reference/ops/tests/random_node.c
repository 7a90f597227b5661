#include "reference/ops/tests/random_node.h"

/* ---- a model of one node ----------------------------------------------------------------------------------------------- */

static const char **numbered(Model *model, const char *prefix, gsize n)
{
    const char **names = arena_array(model->arena, const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        names[i] = arena_printf(model->arena, "%s%" G_GSIZE_FORMAT, prefix, i);
    return names;
}

Node *one_node(const Operator *op, const OpVersion *version, Model *model, gsize inputs, gsize outputs)
{
    model_import(model, op->domain, version->since);
    const char **in = numbered(model, "x", inputs), **out = numbered(model, "y", outputs);
    for (gsize i = 0; i < inputs; i++)
        graph_add_input(model->graph, in[i], NULL);
    Node *node = graph_add_node(model->graph, op->domain, op->name, in, out);
    node->name = "it";
    for (gsize i = 0; i < outputs; i++)
        graph_add_output(model->graph, out[i], NULL);
    return node;
}

/* The graph of an attribute: takes n values, gives one of them and a constant truth. */
static Graph *some_graph(Model *model, guint n)
{
    Graph *graph = graph_new(model, "inner");
    const char **in = numbered(model, "in", n);
    for (guint i = 0; i < n; i++)
        graph_add_input(graph, in[i], NULL);
    Tensor *truth = tensor_new(DTYPE_BOOL, &SHAPE0, NULL);
    tensor_set_int(truth, 0, 1);
    graph_add_initializer(graph, "truth", truth);
    graph_add_node(graph, "", "Identity", NAMES(n > 2 ? in[2] : "truth"), NAMES("out"));
    graph_add_output(graph, "truth", NULL);
    graph_add_output(graph, "out", NULL);
    return graph;
}

static int64_t some_int(GRand *rand)
{
    static const int64_t odd[] = { INT64_MIN, INT64_MAX, -1000000, 1 << 30, INT64_C(1) << 40, 17, 64 };
    return g_rand_int_range(rand, 0, 12) == 0 ? odd[g_rand_int_range(rand, 0, G_N_ELEMENTS(odd))] : g_rand_int_range(rand, -2, 5);
}

static const char *some_text(GRand *rand)
{
    static const char *const words[] = {
        "", "nearest", "linear", "cubic", "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET", "avg", "max", "zeros", "border",
        "reflection", "reflect", "edge", "wrap", "constant", "none", "add", "mul", "min", "sum", "mean", "Relu", "Tanh",
        "Sigmoid", "Affine", "forward", "reverse", "bidirectional", "ij,jk->ik", "i,i", "...i->...", "TF", "IDF", "TFIDF",
        "LOWER", "UPPER", "RGB", "Grayscale", "CRD", "DCR", "up", "tanh", "MAX", "L1", "L2", "SOFTMAX", "LOGISTIC", "PROBIT",
        "BRANCH_LEQ", "LEAF", "RBF", "POLY", "half_pixel", "align_corners", "tf_crop_and_resize", "[", "a+b", "\xff",
    };
    return words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))];
}

/* ---- values ------------------------------------------------------------------------------------------------------------- */

static void fill(GRand *rand, Tensor *t)
{
    const Domain domain = dtype_info(t->dtype)->domain;
    for (int64_t i = 0; i < t->count; i++) {
        if (domain == DOMAIN_STRING)
            tensor_set_string(t, i, some_text(rand), -1);
        else if (domain == DOMAIN_FLOAT)
            tensor_set_double(t, i, g_rand_int_range(rand, 0, 20) == 0 ? 1e30 : g_rand_double_range(rand, -3, 3));
        else if (domain != DOMAIN_COMPLEX)
            tensor_set_int(t, i, some_int(rand));
    }
}

Tensor *some_tensor(GRand *rand, DType dtype, const Shape *usual)
{
    Shape shape = *usual;
    const int choice = g_rand_int_range(rand, 0, 4);
    if (choice == 0 || dtype == DTYPE_INT64) { /* often what axes, shapes and counts look like */
        shape.rank = g_rand_int_range(rand, 0, 2);
        shape.dims[0] = usual->rank;
    } else if (choice == 1) {
        shape.rank = g_rand_int_range(rand, 0, 6);
        for (int d = 0; d < shape.rank; d++)
            shape.dims[d] = g_rand_int_range(rand, 0, 4);
    }
    Tensor *t = tensor_new(dtype, &shape, NULL);
    fill(rand, t);
    return t;
}

static gboolean admits(const TypeVariable *variable, DType dtype)
{
    return !variable || (variable->dtypes[(unsigned)dtype / 64] >> ((unsigned)dtype % 64) & 1) != 0;
}

DType some_dtype(GRand *rand, const TypeVariable *variable, gboolean admitted)
{
    DType found[64];
    guint n = 0;
    for (int number = 1; number < 64; number++)
        if (dtype_on_wire(number) && admits(variable, (DType)number) == admitted)
            found[n++] = (DType)number;
    return n ? found[g_rand_int_range(rand, 0, (gint32)n)] : DTYPE_UNDEFINED;
}

Value *some_value(GRand *rand, const TypeVariable *variable, DType dtype, const Shape *usual)
{
    const guint kinds = variable ? variable->kinds : 0;
    if (dtype != DTYPE_UNDEFINED && (!kinds || g_rand_boolean(rand)))
        return value_from_tensor(some_tensor(rand, dtype, usual));
    const DType inner = some_dtype(rand, NULL, TRUE);
    Value *tensor = value_from_tensor(some_tensor(rand, inner, usual));
    if (kinds >> VALUE_SEQUENCE & 1) {
        Value *sequence = value_sequence();
        value_append(sequence, value_ref(tensor));
        value_append(sequence, tensor);
        return sequence;
    }
    if (kinds >> VALUE_OPTIONAL & 1)
        return value_optional(tensor);
    value_unref(tensor);
    if (kinds >> VALUE_MAP & 1) {
        GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
        for (int i = 0; i < 2; i++)
            g_ptr_array_add(values, value_from_tensor(tensor_new(DTYPE_FLOAT, &SHAPE0, NULL)));
        Tensor *keys = tensor_new(g_rand_boolean(rand) ? DTYPE_STRING : DTYPE_INT64, &SHAPE(2), NULL);
        fill(rand, keys);
        return value_map(keys, values);
    }
    return kinds >> VALUE_SPARSE & 1 ? value_sparse(tensor_new(DTYPE_FLOAT, &SHAPE(1), NULL), tensor_new(DTYPE_INT64, &SHAPE(1), NULL),
                                                    &SHAPE(2, 3))
                                     : NULL;
}

const TypeVariable *input_variable(const Schema *schema, gsize input)
{
    const Formal *formal = &schema->inputs[MIN(input, schema->n_inputs - 1)];
    return formal->variable < 0 ? NULL : &schema->variables[formal->variable];
}

/* ---- attributes ---------------------------------------------------------------------------------------------------------- */

void set_attribute(GRand *rand, Node *node, Graph *graph, const char *name, AttributeType type)
{
    int64_t ints[4];
    float floats[4];
    const gsize n = (gsize)g_rand_int_range(rand, 0, 5);
    for (gsize i = 0; i < 4; i++) {
        ints[i] = some_int(rand);
        floats[i] = (float)g_rand_double_range(rand, -2, 3);
    }
    switch (type) {
    case ATTRIBUTE_INT: node_set_int(node, graph, name, ints[0]); break;
    case ATTRIBUTE_FLOAT: node_set_float(node, graph, name, floats[0]); break;
    case ATTRIBUTE_STRING: node_set_string(node, graph, name, some_text(rand)); break;
    case ATTRIBUTE_INTS: node_set_ints(node, graph, name, ints, n); break;
    case ATTRIBUTE_FLOATS: node_set_floats(node, graph, name, floats, n); break;
    case ATTRIBUTE_STRINGS: node_set_strings(node, graph, name, NAMES(some_text(rand), some_text(rand))); break;
    case ATTRIBUTE_TENSOR: node_set_tensor(node, graph, name, some_tensor(rand, some_dtype(rand, NULL, TRUE), &SHAPE(2))); break;
    case ATTRIBUTE_GRAPH: node_set_graph(node, graph, name, some_graph(graph->model, (guint)g_rand_int_range(rand, 0, 5))); break;
    default: break;
    }
}

static void set_attributes(GRand *rand, const Schema *schema, Node *node, Graph *graph)
{
    for (gsize i = 0; i < schema->n_attributes; i++)
        if (schema->attributes[i].required || g_rand_int_range(rand, 0, 3) == 0)
            set_attribute(rand, node, graph, schema->attributes[i].name, schema->attributes[i].type);
}

/* ---- all together ------------------------------------------------------------------------------------------------------- */

RandomNode *random_node(const OpVersion *version, const Operator *op, GRand *rand)
{
    const Schema *c = schema_of(version);
    const gboolean variadic = c->n_inputs > 0 && c->inputs[c->n_inputs - 1].variadic;
    const gsize most = MIN(c->n_inputs + (variadic ? 2 : 0), RANDOM_NODE_INPUTS), least = MIN(c->min_inputs, most);
    const gsize outputs = MAX(1, (gsize)g_rand_int_range(rand, (gint32)c->min_outputs, (gint32)c->n_outputs + 1));
    RandomNode *r = g_new0(RandomNode, 1);
    r->n = least + (gsize)g_rand_int_range(rand, 0, (gint32)(most - least) + 1);
    r->model = model_new();
    set_attributes(rand, c, one_node(op, version, r->model, r->n, outputs), r->model->graph);
    Shape usual = { .rank = g_rand_int_range(rand, 1, 6) };
    for (int d = 0; d < usual.rank; d++)
        usual.dims[d] = g_rand_int_range(rand, 1, 4);
    g_autofree DType *bound = g_new0(DType, c->n_variables + 1); /* uses of one variable agree */
    for (gsize i = 0; i < r->n; i++) {
        const TypeVariable *variable = input_variable(c, i);
        DType *dtype = variable ? &bound[variable - c->variables] : NULL;
        if (dtype && *dtype == DTYPE_UNDEFINED)
            *dtype = some_dtype(rand, variable, TRUE);
        r->inputs[i] = some_value(rand, variable, dtype ? *dtype : some_dtype(rand, NULL, TRUE), &usual);
    }
    return r;
}

void random_node_free(RandomNode *r)
{
    for (gsize i = 0; i < r->n; i++)
        value_unref(r->inputs[i]);
    model_free(r->model);
    g_free(r);
}
