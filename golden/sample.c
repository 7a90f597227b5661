#include "golden/sample.h"

#include "reference/eval/eval.h"

#include <math.h>
#include <string.h>

/* ---- which models are random ----------------------------------------------------------------------------------------- */

/* Dropout draws only in training; a model that only infers is judged element by element in any case, since its elements
 * take one value in all draws. */
static const char *const random_operators[] = { "Bernoulli", "Dropout", "Multinomial", "RandomNormal", "RandomNormalLike",
                                                "RandomUniform", "RandomUniformLike" };

static gboolean graph_is_random(const Graph *graph)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        for (gsize k = 0; k < G_N_ELEMENTS(random_operators); k++)
            if (*domain_canonical(node->domain) == '\0' && strcmp(node->op_type, random_operators[k]) == 0)
                return TRUE;
        for (gsize k = 0; k < node->attributes.n; k++) {
            const Attribute *a = LIST_AT(&node->attributes, Attribute, k);
            if (a->graph && graph_is_random(a->graph))
                return TRUE;
            for (gsize g = 0; a->type == ATTRIBUTE_GRAPHS && g < a->n; g++)
                if (graph_is_random(a->graphs[g]))
                    return TRUE;
        }
    }
    return FALSE;
}

gboolean model_is_random(const Model *model)
{
    for (gsize i = 0; i < model->functions.n; i++)
        if (graph_is_random(LIST_AT(&model->functions, Function, i)->body))
            return TRUE;
    return graph_is_random(model->graph);
}

/* ---- collecting draws --------------------------------------------------------------------------------------------------- */

#define FEW 8

/* Running mean and sum of squared deviations (Welford), exact enough for any number of draws. */
typedef struct {
    double mean, deviations;
} Moments;

typedef struct {
    Moments moments;
    double  values[FEW]; /* the distinct ones */
    guint   n_values;    /* FEW + 1: more than few */
} Element;

struct Sample {
    DType    dtype;
    Shape    shape;
    int64_t  count;
    guint    draws;
    Moments  means, squares; /* of all elements of a draw */
    Element *elements;
};

static void moments_add(Moments *m, double x, guint n)
{
    const double before = x - m->mean;
    m->mean += before / n;
    m->deviations += before * (x - m->mean);
}

static double moments_sigma(const Moments *m, guint n)
{
    return n > 1 ? sqrt(m->deviations / (n - 1)) : 0;
}

Sample *sample_new(const Tensor *first, GError **error)
{
    const Domain domain = dtype_info(first->dtype)->domain;
    Element *elements = NULL;
    if (domain == DOMAIN_STRING || domain == DOMAIN_COMPLEX) {
        eval_fail(error, "random values of type %s cannot be judged", dtype_name(first->dtype));
        return NULL;
    }
    if (first->count > 0 && !(elements = g_try_new0(Element, (gsize)first->count))) {
        eval_fail(error, "%" G_GINT64_FORMAT " random values are too many to be judged", first->count);
        return NULL;
    }
    Sample *sample = g_new0(Sample, 1);
    *sample = (Sample){ .dtype = first->dtype, .shape = first->shape, .count = first->count, .elements = elements };
    return sample;
}

void sample_free(Sample *sample)
{
    g_free(sample->elements);
    g_free(sample);
}

static gboolean same_kind(const Sample *sample, const Tensor *tensor, GError **error)
{
    if (tensor->dtype == sample->dtype && shape_equal(&tensor->shape, &sample->shape))
        return TRUE;
    g_autofree char *found = tensor_describe(tensor), *shape = shape_to_string(&sample->shape);
    return eval_fail(error, "%s, expected %s%s", found, dtype_name(sample->dtype), shape);
}

static void note_value(Element *e, double x)
{
    for (guint v = 0; v < MIN(e->n_values, FEW); v++)
        if (e->values[v] == x || (isnan(x) && isnan(e->values[v])))
            return;
    if (e->n_values < FEW)
        e->values[e->n_values] = x;
    e->n_values = MIN(e->n_values + 1, FEW + 1);
}

static void mean_and_squares(const Tensor *t, double *mean, double *squares)
{
    *mean = *squares = 0;
    for (int64_t i = 0; i < t->count; i++) {
        const double x = tensor_get_double(t, i);
        *mean += x;
        *squares += x * x;
    }
    *mean /= (double)MAX(t->count, 1);
    *squares /= (double)MAX(t->count, 1);
}

gboolean sample_add(Sample *sample, const Tensor *draw, GError **error)
{
    if (!same_kind(sample, draw, error))
        return FALSE;
    sample->draws++;
    for (int64_t i = 0; i < sample->count; i++) {
        const double x = tensor_get_double(draw, i);
        note_value(&sample->elements[i], x);
        moments_add(&sample->elements[i].moments, x, sample->draws);
    }
    double mean, squares;
    mean_and_squares(draw, &mean, &squares);
    moments_add(&sample->means, mean, sample->draws);
    moments_add(&sample->squares, squares, sample->draws);
    return TRUE;
}

/* ---- judging ---------------------------------------------------------------------------------------------------------- */

static gboolean near(const CompareSpec *spec, double x, double value)
{
    return x == value || (isnan(x) && isnan(value)) || fabs(x - value) <= spec->atol + spec->rtol * fabs(value);
}

static gboolean plausible(const CompareSpec *spec, const Moments *m, guint draws, double x)
{
    return fabs(x - m->mean) <= SAMPLE_SIGMAS * moments_sigma(m, draws) + spec->atol + spec->rtol * fabs(m->mean);
}

static gboolean element_admits(const Sample *sample, const CompareSpec *spec, const Element *e, double x)
{
    if (e->n_values > FEW)
        return plausible(spec, &e->moments, sample->draws, x);
    for (guint v = 0; v < e->n_values; v++)
        if (near(spec, x, e->values[v]))
            return TRUE;
    return FALSE;
}

static gboolean whole_admits(const Sample *sample, const CompareSpec *spec, const char *what, const Moments *m, double x,
                             GError **error)
{
    return plausible(spec, m, sample->draws, x) ||
           eval_fail(error, "the mean of %s is %g; %u draws have %g with a standard deviation of %g", what, x, sample->draws,
                     m->mean, moments_sigma(m, sample->draws));
}

gboolean sample_admits(const Sample *sample, const CompareSpec *spec, const Tensor *published, GError **error)
{
    if (!same_kind(sample, published, error))
        return FALSE;
    for (int64_t i = 0; i < sample->count; i++) {
        const double x = tensor_get_double(published, i);
        const Element *e = &sample->elements[i];
        if (!element_admits(sample, spec, e, x))
            return eval_fail(error, "element %" G_GINT64_FORMAT " is %g, which %u draws do not support (mean %g, standard "
                             "deviation %g)", i, x, sample->draws, e->moments.mean, moments_sigma(&e->moments, sample->draws));
    }
    double mean, squares;
    mean_and_squares(published, &mean, &squares);
    return whole_admits(sample, spec, "all elements", &sample->means, mean, error) &&
           whole_admits(sample, spec, "all squares", &sample->squares, squares, error);
}
