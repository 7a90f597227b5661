/* Every operator in every version: what the schema forbids is refused by a message that names node and operator, and random
 * nodes on random values never crash and never hang, whatever the kernel makes of them. */
#include "reference/ops/tests/random_node.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROUNDS = 48 };

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
        one_node(s->op, s->version, many, c->n_inputs + 1, MAX(c->min_outputs, 1));
        expect_refused(s, many, "inputs, expected");
    }
    if (c->min_inputs > 0) {
        one_node(s->op, s->version, few, c->min_inputs - 1, MAX(c->min_outputs, 1));
        expect_refused(s, few, "inputs, expected");
    }
    if (!c->outputs[c->n_outputs - 1].variadic) {
        one_node(s->op, s->version, outputs, c->min_inputs, c->n_outputs + 1);
        expect_refused(s, outputs, "outputs, expected");
    }
}

static void refuse_attributes(const Subject *s)
{
    g_autoptr(Model) unknown = model_new();
    node_set_int(one_node(s->op, s->version, unknown, s->schema->min_inputs, MAX(s->schema->min_outputs, 1)), unknown->graph, "no_such_thing", 1);
    expect_refused(s, unknown, "attribute 'no_such_thing' does not exist");
    for (gsize i = 0; i < s->schema->n_attributes; i++) {
        const FormalAttribute *a = &s->schema->attributes[i];
        g_autoptr(Model) wrong = model_new();
        Node *node = one_node(s->op, s->version, wrong, s->schema->min_inputs, MAX(s->schema->min_outputs, 1));
        if (a->type == ATTRIBUTE_STRING)
            node_set_int(node, wrong->graph, a->name, 1);
        else
            node_set_string(node, wrong->graph, a->name, "text");
        expect_refused(s, wrong, "is of type");
    }
    for (gsize i = 0; i < s->schema->n_attributes; i++)
        if (s->schema->attributes[i].required) {
            g_autoptr(Model) missing = model_new();
            one_node(s->op, s->version, missing, s->schema->min_inputs, MAX(s->schema->min_outputs, 1));
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
    for (gsize wrong = 0; wrong < n && n <= RANDOM_NODE_INPUTS; wrong++) {
        const TypeVariable *variable = input_variable(s->schema, wrong);
        const DType bad = some_dtype(rand, variable, FALSE);
        if (!variable || bad == DTYPE_UNDEFINED)
            continue;
        g_autoptr(Model) model = model_new();
        Node *node = one_node(s->op, s->version, model, n, MAX(s->schema->min_outputs, 1));
        for (gsize a = 0; a < s->schema->n_attributes; a++)
            if (s->schema->attributes[a].required)
                set_attribute(rand, node, model->graph, s->schema->attributes[a].name, s->schema->attributes[a].type);
        Value *inputs[RANDOM_NODE_INPUTS] = { NULL };
        for (gsize i = 0; i < n; i++) {
            const TypeVariable *own = input_variable(s->schema, i);
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
    g_autoptr(RandomNode) node = random_node(s->version, s->op, rand);
    const EvalOptions options = { .certify = g_rand_boolean(rand), .prefer_body = g_rand_boolean(rand), .threads = 2,
                                  .limits = { .iterations = 20000, .nodes = 20000, .seconds = 1 } };
    g_autoptr(GError) error = NULL;
    const gint64 start = g_get_monotonic_time();
    const gboolean ok = run_node(node->model, &options, node->inputs, node->n, &error);
    tried++;
    ran += ok ? 1 : 0;
    if (!ok)
        expect_named(s, error, "");
    const double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    cr_expect_lt(seconds, 20, "%s-%d took %g s", s->op->name, s->version->since, seconds);
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
