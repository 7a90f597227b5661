#include "reference/eval/run.h"

#include "reference/onnx/text.h"

#include <mpfr.h>
#include <string.h>

G_DEFINE_QUARK(assay-eval-error-quark, eval_error)

static void free_plan(gpointer plan)
{
    plan_free(plan);
}

PlanCache plan_cache_new(void)
{
    return (PlanCache){ .plans = g_hash_table_new_full(NULL, NULL, NULL, free_plan), .shared = g_hash_table_new(NULL, NULL),
                        .by_content = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
}

void plan_cache_free(PlanCache *cache)
{
    g_hash_table_unref(cache->by_content);
    g_hash_table_unref(cache->shared);
    g_hash_table_unref(cache->plans);
}

/* Plans the graphs inside a plan's nodes, so that mistakes in them are found before anything runs. */
static gboolean plan_nested(Evaluator *e, const Plan *plan, GError **error)
{
    for (gsize i = 0; i < plan->n_steps; i++) {
        const Step *step = &plan->steps[i];
        gboolean ok = !step->function || evaluator_plan_function(e, step->function, error);
        for (gsize a = 0; ok && a < step->node->attributes.n; a++) {
            const Attribute *attribute = LIST_AT(&step->node->attributes, Attribute, a);
            if (attribute->graph)
                ok = evaluator_plan(e, attribute->graph, plan->imports, error) != NULL;
            for (gsize g = 0; ok && attribute->type == ATTRIBUTE_GRAPHS && g < attribute->n; g++)
                ok = evaluator_plan(e, attribute->graphs[g], plan->imports, error) != NULL;
        }
        if (!ok) {
            g_autofree char *who = node_describe(step->node, i);
            g_prefix_error(error, "%s: ", who);
            return FALSE;
        }
    }
    return TRUE;
}

static const Plan *keep(Evaluator *e, gconstpointer key, Plan *plan, GError **error)
{
    if (!plan)
        return NULL;
    g_hash_table_insert(e->cache.plans, (gpointer)key, plan); /* before descending: functions may refer to each other */
    e->depth++;
    const gboolean ok = evaluator_check_limits(e, error) && plan_nested(e, plan, error);
    e->depth--;
    return ok ? plan : NULL;
}

/* Names are resolved when a graph runs, so graphs that share a plan still capture each from its own surroundings. */
static const Plan *plan_by_content(Evaluator *e, const Graph *graph, const List *imports, GError **error)
{
    g_autofree char *text = graph_to_text(graph, 0);
    g_autofree char *key = g_strdup_printf("%p %s", (const void *)imports, text);
    const Plan *known = g_hash_table_lookup(e->cache.by_content, key);
    if (known) {
        g_hash_table_insert(e->cache.shared, (gpointer)graph, (gpointer)known);
        return known;
    }
    known = keep(e, graph, plan_new(&e->context, graph, imports, error), error);
    if (known)
        g_hash_table_insert(e->cache.by_content, g_steal_pointer(&key), (gpointer)known);
    return known;
}

const Plan *evaluator_plan(Evaluator *e, const Graph *graph, const List *imports, GError **error)
{
    const Plan *known = g_hash_table_lookup(e->cache.plans, graph);
    if (!known)
        known = g_hash_table_lookup(e->cache.shared, graph);
    if (known)
        return known;
    if (graph == e->model->graph || e->options.no_subgraph_cache)
        return keep(e, graph, plan_new(&e->context, graph, imports, error), error);
    return plan_by_content(e, graph, imports, error);
}

const Plan *evaluator_plan_function(Evaluator *e, const Function *function, GError **error)
{
    const Plan *known = g_hash_table_lookup(e->cache.plans, function);
    return known ? known : keep(e, function, plan_new_function(&e->context, function, error), error);
}

Evaluator *evaluator_new(const Model *model, const EvalOptions *options, GError **error)
{
    g_autoptr(Evaluator) e = g_new0(Evaluator, 1);
    e->model = model;
    if (options)
        e->options = *options;
    e->context = (PlanContext){ .model = model, .prefer_body = e->options.prefer_body,
                                 .substitute = e->options.substitute, .substitute_data = e->options.substitute_data };
    e->cache = plan_cache_new();
    e->main = (Plan *)evaluator_plan(e, model->graph, &model->opset_imports, error);
    return e->main ? g_steal_pointer(&e) : NULL;
}

void evaluator_free(Evaluator *e)
{
    if (!e)
        return;
    if (e->helpers)
        g_thread_pool_free(e->helpers, FALSE, TRUE);
    plan_cache_free(&e->cache);
    g_free(e);
}

void eval_output_clear(EvalOutput *output)
{
    value_unref(output->value);
    tensor_unref(output->lower);
    tensor_unref(output->upper);
    derivation_unref(output->derivation);
    *output = (EvalOutput){ 0 };
}

/* ---- what goes in and comes out ------------------------------------------------------------------------------------- */

static gboolean shape_fits(const Type *type, const Shape *shape)
{
    if (!type->has_shape)
        return TRUE;
    if (type->rank != (gsize)shape->rank)
        return FALSE;
    for (gsize d = 0; d < type->rank; d++)
        if (type->dims[d].value >= 0 && type->dims[d].value != shape->dims[d])
            return FALSE;
    return TRUE;
}

static char *type_describe(const Type *type)
{
    GString *text = g_string_new(dtype_name((DType)type->elem));
    if (type->has_shape) {
        g_string_append_c(text, '[');
        for (gsize d = 0; d < type->rank; d++) {
            g_string_append(text, d ? "," : "");
            if (type->dims[d].value >= 0)
                g_string_append_printf(text, "%" G_GINT64_FORMAT, type->dims[d].value);
            else
                g_string_append(text, type->dims[d].param ? type->dims[d].param : "?");
        }
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}

/* Values must be what the model declares: kind, element type, rank and every known dim. */
static gboolean check_declared(const Evaluator *e, const char *what, const ValueInfo *info, const Value *value,
                               GError **error)
{
    static const struct {
        TypeKind  type;
        ValueKind value;
    } pairs[] = { { TYPE_TENSOR, VALUE_TENSOR }, { TYPE_SPARSE, VALUE_SPARSE }, { TYPE_SEQUENCE, VALUE_SEQUENCE },
                  { TYPE_MAP, VALUE_MAP },       { TYPE_OPTIONAL, VALUE_OPTIONAL } };
    const Type *type = info->type;
    if (!type || type->kind == TYPE_NONE)
        return TRUE;
    gboolean fits = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        fits |= pairs[i].type == type->kind && pairs[i].value == value->kind;
    if (fits && value->kind == VALUE_TENSOR)
        fits = (type->elem == 0 || type->elem == (int64_t)value->tensor->dtype) &&
               (e->options.any_shape || shape_fits(type, &value->tensor->shape));
    if (fits)
        return TRUE;
    g_autofree char *found = value_describe(value);
    g_autofree char *declared = type->kind == TYPE_TENSOR ? type_describe(type) : g_strdup("another kind of value");
    g_autofree char *name = name_quote(info->name);
    g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "%s %s is %s, the model declares %s", what, name, found, declared);
    return FALSE;
}

static gboolean check_inputs(const Evaluator *e, Value *const *inputs, gsize n, GError **error)
{
    const List *declared = &e->model->graph->inputs;
    if (n > declared->n) {
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "%" G_GSIZE_FORMAT " inputs given, the model has %" G_GSIZE_FORMAT,
                    n, declared->n);
        return FALSE;
    }
    for (gsize i = 0; i < declared->n; i++) {
        const ValueInfo *info = LIST_AT(declared, ValueInfo, i);
        if (i < n && inputs[i]) {
            if (!check_declared(e, "input", info, inputs[i], error))
                return FALSE;
        } else if (!e->main->constants[e->main->inputs[i]]) {
            g_autofree char *name = name_quote(info->name);
            g_set_error(error, EVAL_ERROR, EVAL_ERROR_INPUT, "input %" G_GSIZE_FORMAT " %s is missing", i, name);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_output_bytes(const Evaluator *e, const Cell *cells, gsize n, GError **error)
{
    const guint64 most = e->options.limits.output_bytes;
    guint64 bytes = 0;
    for (gsize i = 0; most && i < n; i++)
        bytes += value_bytes(cells[i].value) + (cells[i].lower ? cells[i].lower->bytes : 0) +
                 (cells[i].upper ? cells[i].upper->bytes : 0);
    if (!most || bytes <= most)
        return TRUE;
    g_set_error(error, EVAL_ERROR, EVAL_ERROR_LIMIT, "the outputs have %" G_GUINT64_FORMAT " bytes, over the limit of %" G_GUINT64_FORMAT,
                bytes, most);
    return FALSE;
}

/* What kernels' calls of MPFR keep for this thread goes when the thread does. */
static void free_caches(G_GNUC_UNUSED gpointer data)
{
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
}

static GPrivate caches = G_PRIVATE_INIT(free_caches);

gboolean evaluator_run(Evaluator *e, Value *const *inputs, gsize n_inputs, EvalOutput *outputs, GError **error)
{
    g_private_set(&caches, &caches);
    if (!check_inputs(e, inputs, n_inputs, error))
        return FALSE;
    e->nodes = e->iterations = 0;
    e->depth = 0;
    e->deadline = e->options.limits.seconds > 0
                      ? g_get_monotonic_time() + (gint64)(e->options.limits.seconds * G_USEC_PER_SEC)
                      : 0;
    g_autofree Cell *given = g_new0(Cell, n_inputs + 1);
    g_autofree Cell **pointers = g_new0(Cell *, n_inputs + 1);
    for (gsize i = 0; i < n_inputs; i++) {
        given[i].value = inputs[i]; /* borrowed: frame_run takes its own reference */
        pointers[i] = inputs[i] ? &given[i] : NULL;
    }
    const gsize n = e->main->n_outputs;
    g_autofree Cell *cells = g_new0(Cell, n + 1);
    if (!frame_run(e, e->main, NULL, NULL, pointers, n_inputs, cells, error))
        return FALSE;
    gboolean ok = TRUE;
    for (gsize i = 0; ok && i < n; i++)
        ok = check_declared(e, "output", LIST_AT(&e->model->graph->outputs, ValueInfo, i), cells[i].value, error);
    ok = ok && check_output_bytes(e, cells, n, error);
    for (gsize i = 0; i < n; i++) {
        if (ok)
            outputs[i] = (EvalOutput){ cells[i].value, cells[i].lower, cells[i].upper,
                                       e->options.certify && !cells[i].uncertified, cells[i].derivation };
        else
            cell_clear(&cells[i]);
    }
    return ok;
}
