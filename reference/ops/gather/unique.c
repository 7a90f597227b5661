#include "reference/ops/shared/move.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* x read as [outer, dim, inner]; what is compared is one of the `dim` positions with all its elements. */
typedef struct {
    const Tensor *x;
    int64_t       outer, dim, inner;
} Slices;

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b)) /* NaN last; all NaNs are one value, as in numpy */
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare_strings(const Tensor *x, int64_t i, int64_t j)
{
    gsize n, m;
    const char *a = tensor_get_string(x, i, &n), *b = tensor_get_string(x, j, &m);
    const int order = memcmp(a, b, MIN(n, m));
    return order != 0 ? order : (n > m) - (n < m);
}

static int compare_complex(const Tensor *x, int64_t i, int64_t j)
{
    int order = 0;
    for (int part = 0; order == 0 && part < 2; part++) {
        const int64_t a = 2 * i + part, b = 2 * j + part;
        const float *c64 = x->data;
        const double *c128 = x->data;
        order = x->dtype == DTYPE_COMPLEX64 ? compare_doubles((double)c64[a], (double)c64[b]) : compare_doubles(c128[a], c128[b]);
    }
    return order;
}

static int compare_elements(const Tensor *x, int64_t i, int64_t j)
{
    switch (dtype_info(x->dtype)->domain) {
    case DOMAIN_STRING:
        return compare_strings(x, i, j);
    case DOMAIN_COMPLEX:
        return compare_complex(x, i, j);
    case DOMAIN_FLOAT:
        return compare_doubles(tensor_get_double(x, i), tensor_get_double(x, j));
    case DOMAIN_SIGNED: {
        const int64_t a = tensor_get_int(x, i), b = tensor_get_int(x, j);
        return (a > b) - (a < b);
    }
    default: {
        const uint64_t a = tensor_get_bits(x, i), b = tensor_get_bits(x, j);
        return (a > b) - (a < b);
    }
    }
}

static int compare_slices(const Slices *s, int64_t i, int64_t j)
{
    int order = 0;
    for (int64_t o = 0; order == 0 && o < s->outer; o++)
        for (int64_t k = 0; order == 0 && k < s->inner; k++)
            order = compare_elements(s->x, (o * s->dim + i) * s->inner + k, (o * s->dim + j) * s->inner + k);
    return order;
}

/* Equal slices stand in the order of their positions, so the first of a group is its first occurrence. */
static int by_value(const void *a, const void *b, void *slices)
{
    const int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
    const int order = compare_slices(slices, i, j);
    return order != 0 ? order : (i > j) - (i < j);
}

static int by_position(const void *a, const void *b, void *first)
{
    const int64_t *positions = first, i = positions[*(const int64_t *)a], j = positions[*(const int64_t *)b];
    return (i > j) - (i < j);
}

/* What the outputs are made of: groups in output order. */
typedef struct {
    int64_t  n;       /* groups */
    int64_t *first;   /* of each group: position of the first occurrence */
    int64_t *count;   /* of each group */
    int64_t *group;   /* of each position */
    int64_t *order, *scratch;
    Tensor  *room;    /* owned: what all of the above point into, a tensor so that the memory limit holds */
} Groups;

static void groups_clear(Groups *g)
{
    tensor_unref(g->room);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Groups, groups_clear)

static gboolean groups_new(Groups *g, int64_t dim, GError **error)
{
    const Shape shape = SHAPE(5, dim);
    g->room = tensor_new(DTYPE_INT64, &shape, error);
    if (!g->room)
        return FALSE;
    g->first = g->room->data;
    g->count = g->first + dim;
    g->group = g->count + dim;
    g->order = g->group + dim;
    g->scratch = g->order + dim;
    return TRUE;
}

/* Renumbers the groups, which are in ascending order, by first occurrence. */
static void in_order_of_occurrence(Groups *g, int64_t dim)
{
    int64_t *order = g->order, *scratch = g->scratch;
    for (int64_t i = 0; i < g->n; i++)
        order[i] = i;
    qsort_r(order, (gsize)g->n, sizeof *order, by_position, g->first);
    for (int64_t i = 0; i < g->n; i++)
        scratch[order[i]] = i; /* new number of each old one */
    for (int64_t p = 0; p < dim; p++)
        g->group[p] = scratch[g->group[p]];
    memset(g->count, 0, (gsize)g->n * sizeof *g->count);
    for (int64_t p = dim - 1; p >= 0; p--) {
        g->count[g->group[p]]++;
        g->first[g->group[p]] = p;
    }
}

static void find_groups(Slices *s, gboolean sorted, Groups *g)
{
    int64_t *order = g->order;
    for (int64_t i = 0; i < s->dim; i++)
        order[i] = i;
    qsort_r(order, (gsize)s->dim, sizeof *order, by_value, s);
    for (int64_t i = 0; i < s->dim; i++) {
        if (i == 0 || compare_slices(s, order[i - 1], order[i]) != 0)
            g->first[g->n++] = order[i];
        g->count[g->n - 1]++;
        g->group[order[i]] = g->n - 1;
    }
    if (!sorted)
        in_order_of_occurrence(g, s->dim);
}

static gboolean set_list(Eval *ev, gsize output, const int64_t *values, int64_t n, GError **error)
{
    if (!eval_wants(ev, output))
        return TRUE;
    const Shape shape = SHAPE(n);
    Tensor *y = eval_output(ev, output, DTYPE_INT64, &shape, error);
    if (y)
        memcpy(y->data, values, (gsize)n * sizeof *values);
    return y != NULL;
}

static gboolean unique(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const gboolean flat = !eval_has(ev, "axis");
    const int rank = x->shape.rank, axis = flat ? 0 : shape_axis(eval_int(ev, "axis"), rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), rank, rank);
    Slices s = { x, 1, x->count, 1 };
    if (!flat)
        s = (Slices){ x, shape_span(&x->shape, 0, axis), x->shape.dims[axis], shape_span(&x->shape, axis + 1, rank) };
    if (x->count == 0)
        s.outer = 0; /* nothing to compare, however large the other dims are */
    g_auto(Groups) g = { 0 };
    if (!groups_new(&g, s.dim, error))
        return FALSE;
    find_groups(&s, eval_int(ev, "sorted") != 0, &g);
    Shape shape = flat ? SHAPE(g.n) : x->shape;
    shape.dims[axis] = g.n;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y)
        return FALSE;
    for (int64_t o = 0, to = 0; y->count > 0 && o < s.outer; o++)
        for (int64_t i = 0; i < g.n; i++, to += s.inner)
            move_run(x, (o * s.dim + g.first[i]) * s.inner, y, to, s.inner);
    tensor_adopt_strings(y);
    return set_list(ev, 1, g.first, g.n, error) && set_list(ev, 2, g.group, s.dim, error) &&
           set_list(ev, 3, g.count, g.n, error);
}

OPERATOR_DEFINE(unique, "Unique", "",
    { .since = 11, .signature = "X:T -> Y:T, indices:int64?, inverse_indices:int64?, counts:int64?", .types = "T: all1",
      .attributes = "axis:int, sorted:int=1", .kernel = unique, .bound = bound_exact })
