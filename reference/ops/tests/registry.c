/* Every operator in every version: what the schema forbids is refused by a message that names node and operator, and random
 * nodes on random values never crash and never hang, whatever the kernel makes of them. */
#include "reference/eval/eval.h"
#include "reference/eval/schema.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MOST_INPUTS = 12, ROUNDS = 48 };

typedef struct {
    const Operator  *op;
    const OpVersion *version;
    const Schema    *schema;
} Subject;

typedef void (*Visit)(const Subject *subject);

static void visit_all(Visit visit)
{
    gsize n;
    const Operator *const *operators = operator_all(&n);
    cr_assert_gt(n, 200);
    for (gsize i = 0; i < n; i++)
        for (gsize v = 0; v < operators[i]->n_versions; v++)
            if (!operators[i]->versions[v].deprecated)
                visit(&(Subject){ operators[i], &operators[i]->versions[v], schema_of(&operators[i]->versions[v]) });
}

/* ---- a model of one node ----------------------------------------------------------------------------------------------- */

static const char **numbered(Model *model, const char *prefix, gsize n)
{
    const char **names = arena_array(model->arena, const char *, n + 1);
    for (gsize i = 0; i < n; i++)
        names[i] = arena_printf(model->arena, "%s%" G_GSIZE_FORMAT, prefix, i);
    return names;
}

static Node *one_node(const Subject *s, Model *model, gsize inputs, gsize outputs)
{
    model_import(model, s->op->domain, s->version->since);
    const char **in = numbered(model, "x", inputs), **out = numbered(model, "y", outputs);
    for (gsize i = 0; i < inputs; i++)
        graph_add_input(model->graph, in[i], NULL);
    Node *node = graph_add_node(model->graph, s->op->domain, s->op->name, in, out);
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

static Tensor *some_tensor(GRand *rand, DType dtype, const Shape *usual)
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

/* A dtype that the variable admits, or does not; UNDEFINED if there is none. */
static DType some_dtype(GRand *rand, const TypeVariable *variable, gboolean admitted)
{
    DType found[64];
    guint n = 0;
    for (int number = 1; number < 64; number++)
        if (dtype_on_wire(number) && admits(variable, (DType)number) == admitted)
            found[n++] = (DType)number;
    return n ? found[g_rand_int_range(rand, 0, (gint32)n)] : DTYPE_UNDEFINED;
}

static Value *some_value(GRand *rand, const TypeVariable *variable, DType dtype, const Shape *usual)
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

static const TypeVariable *variable_of(const Schema *schema, gsize input)
{
    const Formal *formal = &schema->inputs[MIN(input, schema->n_inputs - 1)];
    return formal->variable < 0 ? NULL : &schema->variables[formal->variable];
}

/* ---- attributes ---------------------------------------------------------------------------------------------------------- */

static void set_attribute(GRand *rand, Node *node, Graph *graph, const char *name, AttributeType type)
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

/* ---- what the schema forbids ----------------------------------------------------------------------------------------------- */

static void expect_named(const Subject *s, const GError *error, const char *part)
{
    g_autofree char *who = g_strdup_printf("%s 'it': ", s->op->name);
    cr_assert(error, "%s-%d: should have been refused: %s", s->op->name, s->version->since, part);
    cr_expect(g_str_has_prefix(error->message, who) && strstr(error->message, part), "%s-%d: the message is '%s', expected '%s…%s'",
              s->op->name, s->version->since, error->message, who, part);
}

static void expect_refused(const Subject *s, const Model *model, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Evaluator) e = evaluator_new(model, NULL, &error);
    cr_expect_null(e);
    expect_named(s, error, part);
}

static void refuse_arity(const Subject *s)
{
    const Schema *c = s->schema;
    g_autoptr(Model) many = model_new(), few = model_new(), outputs = model_new();
    if (c->n_inputs == 0 || !c->inputs[c->n_inputs - 1].variadic) {
        one_node(s, many, c->n_inputs + 1, MAX(c->min_outputs, 1));
        expect_refused(s, many, "inputs, expected");
    }
    if (c->min_inputs > 0) {
        one_node(s, few, c->min_inputs - 1, MAX(c->min_outputs, 1));
        expect_refused(s, few, "inputs, expected");
    }
    if (!c->outputs[c->n_outputs - 1].variadic) {
        one_node(s, outputs, c->min_inputs, c->n_outputs + 1);
        expect_refused(s, outputs, "outputs, expected");
    }
}

static void refuse_attributes(const Subject *s)
{
    g_autoptr(Model) unknown = model_new();
    node_set_int(one_node(s, unknown, s->schema->min_inputs, MAX(s->schema->min_outputs, 1)), unknown->graph, "no_such_thing", 1);
    expect_refused(s, unknown, "attribute 'no_such_thing' does not exist");
    for (gsize i = 0; i < s->schema->n_attributes; i++) {
        const FormalAttribute *a = &s->schema->attributes[i];
        g_autoptr(Model) wrong = model_new();
        Node *node = one_node(s, wrong, s->schema->min_inputs, MAX(s->schema->min_outputs, 1));
        if (a->type == ATTRIBUTE_STRING)
            node_set_int(node, wrong->graph, a->name, 1);
        else
            node_set_string(node, wrong->graph, a->name, "text");
        expect_refused(s, wrong, "is of type");
    }
    for (gsize i = 0; i < s->schema->n_attributes; i++)
        if (s->schema->attributes[i].required) {
            g_autoptr(Model) missing = model_new();
            one_node(s, missing, s->schema->min_inputs, MAX(s->schema->min_outputs, 1));
            expect_refused(s, missing, "is required");
            break;
        }
}

Test(registry, wrong_arity_is_refused)
{
    visit_all(refuse_arity);
}

Test(registry, wrong_attributes_are_refused)
{
    visit_all(refuse_attributes);
}

/* One run of one node; inputs are released. */
static gboolean run_node(const Model *model, const EvalOptions *options, Value **inputs, gsize n, GError **error)
{
    const gsize outputs = model->graph->outputs.n;
    g_autofree EvalOutput *results = g_new0(EvalOutput, outputs + 1);
    g_autoptr(Evaluator) e = evaluator_new(model, options, error);
    const gboolean ok = e && evaluator_run(e, inputs, n, results, error);
    for (gsize i = 0; i < outputs; i++)
        eval_output_clear(&results[i]);
    return ok;
}

static void refuse_dtypes(const Subject *s)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    const gsize n = s->schema->min_inputs;
    for (gsize wrong = 0; wrong < n && n <= MOST_INPUTS; wrong++) {
        const TypeVariable *variable = variable_of(s->schema, wrong);
        const DType bad = some_dtype(rand, variable, FALSE);
        if (!variable || bad == DTYPE_UNDEFINED)
            continue;
        g_autoptr(Model) model = model_new();
        Node *node = one_node(s, model, n, MAX(s->schema->min_outputs, 1));
        for (gsize a = 0; a < s->schema->n_attributes; a++)
            if (s->schema->attributes[a].required)
                set_attribute(rand, node, model->graph, s->schema->attributes[a].name, s->schema->attributes[a].type);
        Value *inputs[MOST_INPUTS] = { NULL };
        for (gsize i = 0; i < n; i++) {
            const TypeVariable *own = variable_of(s->schema, i);
            inputs[i] = i == wrong ? value_from_tensor(some_tensor(rand, bad, &SHAPE(2, 2)))
                                   : some_value(rand, own, some_dtype(rand, own, TRUE), &SHAPE(2, 2));
        }
        g_autoptr(GError) error = NULL;
        cr_expect_not(run_node(model, NULL, inputs, n, &error));
        /* An earlier input may be refused first, for the sake of a type that both must have. */
        expect_named(s, error, error && strstr(error->message, "must be of one type") ? "input " : "expected one of");
        for (gsize i = 0; i < n; i++)
            value_unref(inputs[i]);
    }
}

Test(registry, wrong_types_are_refused)
{
    visit_all(refuse_dtypes);
}

/* ---- random nodes ---------------------------------------------------------------------------------------------------------- */

static guint tried, ran; /* of one test, which is one process */

static void try_random(const Subject *s, GRand *rand)
{
    const Schema *c = s->schema;
    const gboolean variadic = c->n_inputs > 0 && c->inputs[c->n_inputs - 1].variadic;
    const gsize most = MIN(c->n_inputs + (variadic ? 2 : 0), MOST_INPUTS), least = MIN(c->min_inputs, most);
    const gsize n = least + (gsize)g_rand_int_range(rand, 0, (gint32)(most - least) + 1);
    const gsize outputs = MAX(1, (gsize)g_rand_int_range(rand, (gint32)c->min_outputs, (gint32)c->n_outputs + 1));
    g_autoptr(Model) model = model_new();
    set_attributes(rand, c, one_node(s, model, n, outputs), model->graph);
    Shape usual = { .rank = g_rand_int_range(rand, 1, 6) };
    for (int d = 0; d < usual.rank; d++)
        usual.dims[d] = g_rand_int_range(rand, 1, 4);
    g_autofree DType *bound = g_new0(DType, c->n_variables + 1); /* uses of one variable agree */
    Value *inputs[MOST_INPUTS] = { NULL };
    for (gsize i = 0; i < n; i++) {
        const TypeVariable *variable = variable_of(c, i);
        DType *dtype = variable ? &bound[variable - c->variables] : NULL;
        if (dtype && *dtype == DTYPE_UNDEFINED)
            *dtype = some_dtype(rand, variable, TRUE);
        inputs[i] = some_value(rand, variable, dtype ? *dtype : some_dtype(rand, NULL, TRUE), &usual);
    }
    const EvalOptions options = { .certify = g_rand_boolean(rand), .prefer_body = g_rand_boolean(rand), .threads = 2,
                                  .limits = { .iterations = 20000, .nodes = 20000, .seconds = 1 } };
    g_autoptr(GError) error = NULL;
    const gint64 start = g_get_monotonic_time();
    const gboolean ok = run_node(model, &options, inputs, n, &error);
    tried++;
    ran += ok ? 1 : 0;
    if (!ok)
        expect_named(s, error, "");
    const double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    cr_expect_lt(seconds, 20, "%s-%d took %g s", s->op->name, s->version->since, seconds);
    for (gsize i = 0; i < n; i++)
        value_unref(inputs[i]);
}

static void try_rounds(const Subject *s)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(g_str_hash(s->op->name) + (guint)s->version->since);
    for (int round = 0; round < ROUNDS; round++)
        try_random(s, rand);
}

Test(registry, random_nodes_neither_crash_nor_hang)
{
    tensor_memory_set_limit((gsize)256 << 20);
    visit_all(try_rounds);
    cr_expect_gt(5 * ran, tried, "%u of %u random nodes were valid: too few to say much of kernels", ran, tried);
}
