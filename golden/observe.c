#include "golden/observe.h"

#include "reference/eval/eval.h"

#include <math.h>

#define LISTED 8
#define SECONDS 10 /* an altered count of iterations must not run forever */

typedef struct {
    const Case *c;
    Model      *model;
    Evaluator  *evaluator;
    GPtrArray  *inputs, *goldens; /* of Value */
    Tensor    **lower, **upper;   /* NULL: a point */
} Scene;

static void observation_free(gpointer data)
{
    Observation *o = data;
    g_free(o->name);
    g_string_free(o->hidden, TRUE);
    g_free(o);
}

static void scene_clear(Scene *s)
{
    evaluator_free(s->evaluator);
    model_free(s->model);
    g_ptr_array_unref(s->inputs);
    g_ptr_array_unref(s->goldens);
    for (guint i = 0; i < s->c->n_outputs; i++) {
        tensor_unref(s->lower[i]);
        tensor_unref(s->upper[i]);
    }
    g_free(s->lower);
    g_free(s->upper);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static gboolean load_values(const char *folder, const char *kind, guint n, const List *infos, GPtrArray *into, GError **error)
{
    for (guint i = 0; i < n; i++) {
        g_autofree char *path = case_data_path(folder, kind, i);
        Value *value = value_load(path, i < infos->n ? LIST_AT(infos, ValueInfo, i)->type : NULL, NULL, error);
        if (!value)
            return FALSE;
        g_ptr_array_add(into, value);
    }
    return TRUE;
}

static gboolean load_bound(const char *folder, const char *kind, guint i, const Value *golden, Tensor **bound, GError **error)
{
    g_autofree char *path = case_data_path(folder, kind, i);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!(*bound = tensor_load(path, NULL, NULL, error)))
        return FALSE;
    if (golden->kind == VALUE_TENSOR && golden->tensor->dtype == (*bound)->dtype &&
        shape_equal(&golden->tensor->shape, &(*bound)->shape))
        return TRUE;
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: has not the golden's type and shape", path);
    return FALSE;
}

static gboolean scene_load(Scene *s, const char *folder, GError **error)
{
    const EvalOptions options = { .limits = { .seconds = SECONDS } };
    g_autofree char *path = case_model_path(folder);
    if (!(s->model = model_load(path, NULL, error)) || !(s->evaluator = evaluator_new(s->model, &options, error)) ||
        !load_values(folder, "input", s->c->n_inputs, &s->model->graph->inputs, s->inputs, error) ||
        !load_values(folder, "output", s->c->n_outputs, &s->model->graph->outputs, s->goldens, error))
        return FALSE;
    for (guint i = 0; i < s->c->n_outputs; i++)
        if (!load_bound(folder, "lower", i, s->goldens->pdata[i], &s->lower[i], error) ||
            !load_bound(folder, "upper", i, s->goldens->pdata[i], &s->upper[i], error))
            return FALSE;
    return TRUE;
}

/* What an alteration does to the outputs: nothing, too little to be told from an error, or more than the case accepts. */
typedef enum { EFFECT_NONE, EFFECT_INSIDE, EFFECT_VISIBLE } Effect;

static gboolean accepts(const Scene *s, const CompareSpec *spec, guint i, const Value *actual)
{
    Comparison c = { 0 };
    const gboolean right = compare_values(spec, s->goldens->pdata[i], s->lower[i], s->upper[i], actual, &c);
    comparison_clear(&c);
    return right;
}

/* A refusal is visible. */
static Effect effect_of(const Scene *s, Evaluator *evaluator, Value *const *inputs)
{
    const guint n = s->c->n_outputs;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    if (!evaluator_run(evaluator, inputs, s->c->n_inputs, outputs, NULL))
        return EFFECT_VISIBLE;
    Effect effect = EFFECT_NONE;
    for (guint i = 0; i < n; i++) {
        if (!accepts(s, &g_array_index(s->c->comparisons, CompareSpec, i), i, outputs[i].value))
            effect = EFFECT_VISIBLE;
        else if (effect == EFFECT_NONE && !accepts(s, &(CompareSpec){ .mode = COMPARE_BITS }, i, outputs[i].value))
            effect = EFFECT_INSIDE;
        eval_output_clear(&outputs[i]);
    }
    return effect;
}

/* Ways to alter an element, the mildest first: whichever shows it will do. FALSE if there are no more. The last is no power
 * of two times the element: scales of float8 codes show only so. */
static gboolean alter(Tensor *t, int64_t at, const Tensor *from, int way)
{
    const DTypeInfo *info = dtype_info(t->dtype);
    const uint64_t bits = tensor_get_bits(from, at);
    if (info->domain != DOMAIN_FLOAT) {
        if (way > 1 || (way == 1 && info->bits < 2))
            return FALSE;
        tensor_set_bits(t, at, bits ^ (way == 0 ? 1 : UINT64_C(1) << (info->bits - 1)));
        return TRUE;
    }
    const double x = tensor_get_double(from, at), other[] = { x == 0 || !isfinite(x) ? 1 : -x, 3 * x + 1, 64, 1.3 * x + 0.1 };
    if (way >= (int)G_N_ELEMENTS(other))
        return FALSE;
    tensor_set_double(t, at, other[way]);
    if (tensor_get_bits(t, at) == bits) /* a type with few values */
        tensor_set_bits(t, at, bits ^ 1);
    return TRUE;
}

typedef Effect (*Seen)(Scene *s, guint which, Tensor *altered);

static Effect seen_as_input(Scene *s, guint which, Tensor *altered)
{
    g_autofree Value **inputs = g_memdup2(s->inputs->pdata, (s->inputs->len + 1) * sizeof(Value *));
    g_autoptr(Value) value = value_from_tensor(tensor_ref(altered));
    inputs[which] = value;
    return effect_of(s, s->evaluator, inputs);
}

static Effect seen_as_initializer(Scene *s, guint which, Tensor *altered)
{
    const EvalOptions options = { .limits = { .seconds = SECONDS } };
    NamedTensor *held = LIST_AT(&s->model->graph->initializers, NamedTensor, which);
    Tensor *own = held->tensor;
    held->tensor = altered;
    g_autoptr(Evaluator) evaluator = evaluator_new(s->model, &options, NULL);
    const Effect effect = evaluator ? effect_of(s, evaluator, (Value *const *)s->inputs->pdata) : EFFECT_VISIBLE;
    held->tensor = own;
    return effect;
}

/* Of the strongest alteration. */
static Effect strongest(Scene *s, Seen seen, guint which, const Tensor *t, int64_t at)
{
    Effect most = EFFECT_NONE;
    for (int way = 0; most != EFFECT_VISIBLE; way++) {
        g_autoptr(Tensor) altered = tensor_copy(t, NULL);
        if (!altered || !alter(altered, at, t, way))
            break;
        most = MAX(most, seen(s, which, altered));
    }
    return most;
}

static void list_hidden(Observation *o, const Shape *shape, int64_t at)
{
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(shape, strides);
    if (o->units - o->visible > LISTED)
        return;
    g_string_append(o->hidden, o->hidden->len ? " [" : "[");
    for (int d = 0; d < shape->rank; d++)
        g_string_append_printf(o->hidden, "%s%" G_GINT64_FORMAT, d ? "," : "", at / strides[d] % shape->dims[d]);
    g_string_append_c(o->hidden, ']');
}

static void observe_tensor(Scene *s, Seen seen, guint which, const char *name, const Tensor *t, guint most, GPtrArray *found)
{
    const Domain domain = dtype_info(t->dtype)->domain;
    const int64_t n = MIN(t->count, (int64_t)most);
    if (domain == DOMAIN_STRING || domain == DOMAIN_COMPLEX || n == 0)
        return;
    Observation *o = g_new0(Observation, 1);
    *o = (Observation){ .name = g_strdup(name), .hidden = g_string_new(NULL) };
    for (int64_t k = 0; k < n; k++) {
        const int64_t at = n > 1 ? k * (t->count - 1) / (n - 1) : 0;
        const Effect effect = strongest(s, seen, which, t, at);
        o->units++;
        o->visible += effect == EFFECT_VISIBLE;
        o->inside += effect == EFFECT_INSIDE;
        if (effect != EFFECT_VISIBLE)
            list_hidden(o, &t->shape, at);
    }
    g_ptr_array_add(found, o);
}

GPtrArray *observe_case(const Case *c, const char *folder, guint most, GError **error)
{
    g_auto(Scene) s = { .c = c, .inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref),
                        .goldens = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref),
                        .lower = g_new0(Tensor *, c->n_outputs + 1), .upper = g_new0(Tensor *, c->n_outputs + 1) };
    if (!scene_load(&s, folder, error))
        return NULL;
    GPtrArray *found = g_ptr_array_new_with_free_func(observation_free);
    const Graph *graph = s.model->graph;
    for (guint i = 0; i < s.inputs->len; i++) {
        const Value *value = s.inputs->pdata[i];
        if (value->kind == VALUE_TENSOR)
            observe_tensor(&s, seen_as_input, i, LIST_AT(&graph->inputs, ValueInfo, i)->name, value->tensor, most, found);
    }
    for (guint i = 0; i < graph->initializers.n; i++) {
        const NamedTensor *held = LIST_AT(&graph->initializers, NamedTensor, i);
        if (held->tensor)
            observe_tensor(&s, seen_as_initializer, i, held->name, held->tensor, MIN(most, 4), found);
    }
    return found;
}
