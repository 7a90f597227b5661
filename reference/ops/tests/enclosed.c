#include "reference/ops/tests/enclosed.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/rounding.h"
#include "reference/onnx/text.h"
#include "reference/tensor/float_format.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Enclosed {
    Model      *model;
    Evaluator  *evaluator;
    EvalOutput *outputs;
    gsize       n;
    Relaxation     profile;
    char       *label;  /* the operators, and the profile if relaxed */
    GHashTable *ledger; /* way of computing to Entry */
};

typedef struct {
    guint64 evaluations;
    double  largest; /* share of the interval */
} Entry;

static char *label_of(const Model *model, const char *profile)
{
    GString *label = g_string_new(NULL);
    const List *nodes = &model->graph->nodes;
    for (gsize k = 0; k < nodes->n; k++)
        g_string_append_printf(label, "%s%s", k ? "+" : "", LIST_AT(nodes, Node, k)->op_type);
    if (strcmp(profile, RELAXATION_STRICT_NAME) != 0)
        g_string_append_printf(label, " under %s", profile);
    return g_string_free(label, FALSE);
}

Enclosed *enclosed_new(const char *graph, int opset)
{
    return enclosed_new_relaxed(graph, opset, RELAXATION_STRICT_NAME);
}

Enclosed *enclosed_new_relaxed(const char *graph, int opset, const char *profile)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("<ir_version: 13, opset_import: [\"\" : %d, \"ai.onnx.preview\" : 1]> %s", opset, graph);
    Enclosed *e = g_new0(Enclosed, 1);
    e->model = model_from_text(text, &error);
    cr_assert(e->model, "%s\n%s", error->message, text);
    cr_assert(relaxation_parse(profile, &e->profile), "%s", profile);
    e->label = label_of(e->model, profile);
    e->ledger = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    e->evaluator = evaluator_new(e->model, &(EvalOptions){ .certify = TRUE }, &error);
    cr_assert(e->evaluator, "%s\n%s", error->message, text);
    e->n = e->model->graph->outputs.n;
    e->outputs = g_new0(EvalOutput, e->n);
    return e;
}

static void clear_outputs(Enclosed *e)
{
    for (gsize i = 0; i < e->n; i++)
        eval_output_clear(&e->outputs[i]);
}

static void write_ledger(const Enclosed *e)
{
    const char *path = g_getenv("ASSAY_SOAK_TABLE");
    FILE *table = path ? fopen(path, "a") : NULL;
    GHashTableIter walk;
    gpointer way, entry;
    g_hash_table_iter_init(&walk, e->ledger);
    while (table && g_hash_table_iter_next(&walk, &way, &entry))
        fprintf(table, "%s\t%s\t%" G_GUINT64_FORMAT "\t%.4f\n", e->label, (const char *)way, ((Entry *)entry)->evaluations,
                ((Entry *)entry)->largest);
    if (table)
        fclose(table);
}

void enclosed_free(Enclosed *e)
{
    write_ledger(e);
    g_hash_table_unref(e->ledger);
    g_free(e->label);
    clear_outputs(e);
    g_free(e->outputs);
    evaluator_free(e->evaluator);
    model_free(e->model);
    g_free(e);
}

void enclosed_run(Enclosed *e, Tensor *const *inputs, gsize n)
{
    g_autoptr(GError) error = NULL;
    g_autofree Value **values = g_new0(Value *, n + 1);
    clear_outputs(e);
    for (gsize i = 0; i < n; i++)
        values[i] = value_from_tensor(tensor_ref(inputs[i]));
    const Relaxation *before = relaxation_use(&e->profile);
    const gboolean ok = evaluator_run(e->evaluator, values, n, e->outputs, &error);
    relaxation_use(before);
    for (gsize i = 0; i < n; i++)
        value_unref(values[i]);
    cr_assert(ok, "%s", error->message);
}

gboolean enclosed_certified(const Enclosed *e, gsize i)
{
    return e->outputs[i].certified;
}

gboolean enclosed_is_point(const Enclosed *e, gsize i)
{
    return e->outputs[i].certified && !e->outputs[i].lower;
}

const Tensor *enclosed_value(const Enclosed *e, gsize i)
{
    return e->outputs[i].value->tensor;
}

static double end(const Enclosed *e, gsize i, int64_t element, gboolean upper)
{
    const Tensor *ends = upper ? e->outputs[i].upper : e->outputs[i].lower;
    return tensor_get_double(ends ? ends : enclosed_value(e, i), element);
}

gboolean enclosed_holds(const Enclosed *e, gsize i, int64_t element, double y)
{
    const double low = end(e, i, element, FALSE), high = end(e, i, element, TRUE);
    cr_assert(e->outputs[i].certified, "output %zu is not certified", (size_t)i);
    const double g = tensor_get_double(enclosed_value(e, i), element);
    cr_assert(isnan(g) || (low <= g && g <= high), "the golden value %a of element %d lies outside [%a, %a]", g, (int)element,
              low, high);
    return isnan(g) ? isnan(y) : low <= y && y <= high;
}

static void count(const Enclosed *e, gsize i, int64_t element, double y, const char *how)
{
    Entry *entry = g_hash_table_lookup(e->ledger, how);
    const double g = tensor_get_double(enclosed_value(e, i), element);
    const double allowed = y > g ? end(e, i, element, TRUE) - g : g - end(e, i, element, FALSE);
    if (!entry)
        g_hash_table_insert(e->ledger, g_strdup(how), entry = g_new0(Entry, 1));
    entry->evaluations++;
    entry->largest = MAX(entry->largest, isnan(y) || y == g || allowed == 0 ? 0 : fabs(y - g) / allowed);
}

void enclosed_vouch_dot(const Enclosed *e, gsize i, int64_t element, const double *a, const double *b, gsize n)
{
    const Tensor *value = enclosed_value(e, i);
    mpfr_t sum, product; /* wide enough for every sum of products of binary64 numbers of these tests */
    mpfr_init2(sum, 4096);
    mpfr_init2(product, 128);
    mpfr_set_zero(sum, 1);
    for (gsize k = 0; k < n; k++) {
        mpfr_set_d(product, a[k], MPFR_RNDN);
        mpfr_mul_d(product, product, b[k], MPFR_RNDN);
        cr_assert_eq(mpfr_add(sum, sum, product, MPFR_RNDN), 0, "the sum is exact");
    }
    const double high = mpfr_get_d(sum, MPFR_RNDN);
    mpfr_sub_d(sum, sum, high, MPFR_RNDN);
    const double exact = value->dtype == DTYPE_DOUBLE ? high : float_round_to_odd(high, mpfr_get_d(sum, MPFR_RNDA));
    cr_assert_eq(tensor_get_double(value, element), bounds_nearest(value->dtype, exact), "MPFR rounds the sum to %a, the golden is %a",
                 bounds_nearest(value->dtype, exact), tensor_get_double(value, element));
    mpfr_clear(sum);
    mpfr_clear(product);
    count(e, i, element, tensor_get_double(value, element), "the golden is MPFR's");
}

void enclosed_expect(const Enclosed *e, gsize i, int64_t element, double y, const char *how)
{
    count(e, i, element, y, how);
    cr_assert(enclosed_holds(e, i, element, y), "%s: %a of element %d lies outside [%a, %a]", how, y, (int)element,
              end(e, i, element, FALSE), end(e, i, element, TRUE));
}

guint enclosed_rounds(guint times)
{
    const char *soak = g_getenv("ASSAY_SOAK");
    return times * (soak ? (guint)CLAMP(atoi(soak), 1, 100000) : 1);
}

static double normal(GRand *rand)
{
    double sum = 0;
    for (int i = 0; i < 6; i++)
        sum += g_rand_double_range(rand, -1, 1);
    return sum;
}

Tensor *enclosed_data(GRand *rand, DataKind kind, DType dtype, const Shape *shape)
{
    Tensor *t = tensor_new(dtype, shape, NULL);
    for (int64_t k = 0; k < t->count; k++) {
        double x = normal(rand);
        if (kind == DATA_CANCEL && k % 2)
            x = -tensor_get_double(t, k - 1) * (1 + 0x1p-23 * g_rand_int_range(rand, -2, 3));
        else if (kind == DATA_STAGNATE)
            x = k == 0 ? 1 : 0x1p-24 * (1 + 0x1p-20);
        else if (kind == DATA_RANGE)
            x = ldexp(x, g_rand_int_range(rand, -20, 21));
        else if (kind == DATA_INTEGERS)
            x = g_rand_int_range(rand, -8, 9);
        tensor_set_double(t, k, x);
    }
    return t;
}
