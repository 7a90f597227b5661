#include "reference/eval/certify.h"
#include "reference/ops/shared/order.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t key;
    int64_t  index;
} Entry;

/* Best first: the lower key, then the lower index. A total order, so the sort need not be stable. */
static int compare(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

typedef struct {
    const Tensor *x;
    Tensor       *values, *indices;
    int64_t       k, dim, inner;
    gboolean      largest;
} TopK;

/* One line along the axis: element `line` of the others. */
static void select_line(const TopK *t, int64_t line, uint64_t *keys, Entry *entries)
{
    const int64_t outer = line / t->inner, inside = line % t->inner, from = outer * t->dim * t->inner + inside;
    order_keys(t->x, from, t->inner, t->dim, keys);
    for (int64_t i = 0; i < t->dim; i++)
        entries[i] = (Entry){ t->largest ? ~keys[i] : keys[i], i };
    qsort(entries, (gsize)t->dim, sizeof *entries, compare);
    int64_t *indices = t->indices->data;
    for (int64_t i = 0; i < t->k; i++) {
        const int64_t to = (outer * t->k + i) * t->inner + inside;
        move_run(t->x, from + entries[i].index * t->inner, t->values, to, 1);
        indices[to] = entries[i].index;
    }
}

/* The order of unsorted results is open: they are sorted all the same. */
static gboolean top_k_of(Eval *ev, int64_t k, gboolean largest, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), x->shape.rank,
                         x->shape.rank);
    const int64_t dim = x->shape.dims[axis];
    if (k < 1 || k > dim)
        return eval_fail(error, "k is %" G_GINT64_FORMAT ", expected 1 to %" G_GINT64_FORMAT ", the dim of axis %d", k, dim, axis);
    Shape shape = x->shape;
    shape.dims[axis] = k;
    g_autoptr(Tensor) values = tensor_new(x->dtype, &shape, error);
    g_autoptr(Tensor) indices = values ? tensor_new(DTYPE_INT64, &shape, error) : NULL;
    const gsize room = values && values->count > 0 ? (gsize)dim : 1; /* else nothing is sorted */
    g_autofree uint64_t *keys = g_try_new(uint64_t, room);
    g_autofree Entry *entries = g_try_new(Entry, room);
    if (!indices)
        return FALSE;
    if (!keys || !entries)
        return eval_fail(error, "no memory to sort %" G_GINT64_FORMAT " elements", dim);
    const TopK t = { x, values, indices, k, dim, shape_span(&shape, axis + 1, shape.rank), largest };
    for (int64_t line = 0; line < values->count / k; line++)
        select_line(&t, line, keys, entries);
    eval_set_tensor(ev, 0, g_steal_pointer(&values));
    eval_set_tensor(ev, 1, g_steal_pointer(&indices));
    return TRUE;
}

static gboolean top_k_1(Eval *ev, GError **error)
{
    return top_k_of(ev, eval_int(ev, "k"), TRUE, error);
}

static gboolean top_k(Eval *ev, GError **error)
{
    const Tensor *k = eval_input(ev, 1);
    if (k->count != 1)
        return eval_fail(error, "K has %" G_GINT64_FORMAT " elements, expected 1", k->count);
    return top_k_of(ev, tensor_get_int(k, 0), eval_version(ev) < 11 || eval_int(ev, "largest") != 0, error);
}

/* Whether element a comes before element b wherever both lie in their intervals; where both are exact, the kernel knows. */
static gboolean surely_before(const Interval *x, gboolean largest, int64_t a, int64_t b)
{
    const double low_a = tensor_get_double(x->lower, a), high_a = tensor_get_double(x->upper, a);
    const double low_b = tensor_get_double(x->lower, b), high_b = tensor_get_double(x->upper, b);
    return (low_a == high_a && low_b == high_b) || (largest ? low_a > high_b : high_a < low_b);
}

/* Whether the indices are the only right ones although x is known in intervals only: each chosen element is apart from
 * all that come after it. */
static gboolean order_decided(const Eval *ev, const Interval *x)
{
    const Tensor *indices = eval_output_tensor(ev, 1);
    const Shape *shape = &eval_input(ev, 0)->shape;
    const int axis = shape_axis(eval_int(ev, "axis"), shape->rank);
    const int64_t dim = shape->dims[axis], k = indices->shape.dims[axis], inner = shape_span(shape, axis + 1, shape->rank);
    const gboolean largest = eval_version(ev) < 11 || eval_int(ev, "largest") != 0;
    g_autofree guint8 *passed = g_new(guint8, (gsize)dim + 1);
    for (int64_t line = 0; line < indices->count / k; line++) {
        const int64_t from = line / inner * dim * inner + line % inner, to = line / inner * k * inner + line % inner;
        memset(passed, 0, (gsize)dim);
        for (int64_t j = 0; j < k; j++) {
            const int64_t chosen = tensor_get_int(indices, to + j * inner);
            passed[chosen] = TRUE;
            for (int64_t i = 0; i < dim; i++)
                if (!passed[i] && !surely_before(x, largest, from + chosen * inner, from + i * inner))
                    return FALSE;
        }
    }
    return TRUE;
}

/* The k-th largest value never falls when elements grow; which element it is may change. Without sorted any order of
 * the results is right. */
static gboolean top_k_bound(Eval *ev, GError **error)
{
    const gboolean sorted = eval_version(ev) < 11 || eval_int(ev, "sorted") != 0;
    if (!move_bound(ev, 1, error))
        return FALSE;
    if (!sorted)
        eval_set_uncertified(ev, 0);
    Interval x;
    if (eval_output_count(ev) > 1 && eval_output_tensor(ev, 1)) {
        const gboolean decided = eval_input_interval(ev, 0, &x) && (!x.lower || order_decided(ev, &x));
        if (sorted && decided)
            eval_set_interval(ev, 1, NULL, NULL);
        else
            eval_set_uncertified(ev, 1);
    }
    return TRUE;
}

#define REST .signature = "X:T, K:int64 -> Values:T, Indices:int64", .kernel = top_k, .bound = top_k_bound
OPERATOR_DEFINE(top_k, "TopK", "",
    { .since = 1, .signature = "X:T -> Values:T, Indices:int64", .types = "T: floats1", .attributes = "axis:int=-1, k:int!",
      .kernel = top_k_1, .bound = top_k_bound },
    { .since = 10, .types = "T: floats1", .attributes = "axis:int=-1", REST },
    { .since = 11, .types = "T: numeric1", .attributes = "axis:int=-1, largest:int=1, sorted:int=1", REST },
    { .since = 24, .types = "T: numeric13", .attributes = "axis:int=-1, largest:int=1, sorted:int=1", REST })
