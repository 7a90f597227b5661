#include "reference/ops/shared/pad.h"

#define FILL (-1) /* in a map: the constant */

static int64_t modulo(int64_t a, int64_t n)
{
    const int64_t rest = a % n;
    return rest < 0 ? rest + n : rest;
}

/* Which of the n elements kept of an axis stands at place p, counted from the first of them. */
static int64_t source(PadMode mode, int64_t p, int64_t n)
{
    if (p >= 0 && p < n)
        return p;
    switch (mode) {
    case PAD_EDGE:
        return p < 0 ? 0 : n - 1;
    case PAD_WRAP:
        return modulo(p, n);
    case PAD_REFLECT: { /* the period goes there and back without repeating the ends */
        if (n == 1)
            return 0;
        const int64_t there = modulo(p, 2 * n - 2);
        return there < n ? there : 2 * n - 2 - there;
    }
    default:
        return FILL;
    }
}

/* For each axis, which input element stands at each place of the output. Negative pads first cut elements away. */
typedef struct {
    Shape    shape;
    int64_t *map[SHAPE_MAX_RANK];
} Plan;

static void plan_clear(Plan *plan)
{
    for (int d = 0; d < SHAPE_MAX_RANK; d++)
        g_free(plan->map[d]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static gboolean padded_dim(int axis, int64_t dim, int64_t begin, int64_t end, PadMode mode, int64_t *padded, GError **error)
{
    if (__builtin_add_overflow(dim, begin, padded) || __builtin_add_overflow(*padded, end, padded) || *padded < 0 ||
        begin < -dim || end < -dim)
        return eval_fail(error, "pads of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " do not fit axis %d of %" G_GINT64_FORMAT,
                         begin, end, axis, dim);
    const int64_t kept = dim + MIN(begin, 0) + MIN(end, 0);
    if (kept <= 0 && *padded > 0 && mode != PAD_CONSTANT)
        return eval_fail(error, "axis %d has no elements to pad with", axis);
    return TRUE;
}

static gboolean plan_axis(Plan *plan, int axis, int64_t dim, int64_t begin, int64_t end, PadMode mode, GError **error)
{
    const int64_t first = MAX(-begin, 0), kept = MAX(dim + MIN(begin, 0) + MIN(end, 0), 0), n = plan->shape.dims[axis];
    int64_t *map = plan->map[axis] = g_try_new(int64_t, (gsize)n + 1);
    if (!map)
        return eval_fail(error, "no memory for axis %d of %" G_GINT64_FORMAT, axis, n);
    for (int64_t i = 0; i < n; i++) {
        const int64_t from = source(mode, i - MAX(begin, 0), kept);
        map[i] = from == FILL ? FILL : first + from;
    }
    return TRUE;
}

/* Copies one run of the output's last axis; `from` is the input offset of the run, or FILL. */
static void pad_run(const Tensor *x, const Tensor *value, int64_t from, const int64_t *map, int64_t n, Tensor *y, int64_t to)
{
    for (int64_t i = 0; i < n;) {
        int64_t run = 1;
        if (from == FILL || map[i] == FILL) {
            move_run(value, 0, y, to + i, 1);
        } else {
            while (i + run < n && map[i + run] == map[i] + run)
                run++;
            move_run(x, from + map[i], y, to + i, run);
        }
        i += run;
    }
}

static void pad_elements(const Tensor *x, const Tensor *value, const Plan *plan, Tensor *y)
{
    static const int64_t whole[] = { 0 };
    const int last = plan->shape.rank - 1;
    const int64_t run = last < 0 ? 1 : plan->shape.dims[last];
    int64_t strides[SHAPE_MAX_RANK], index[SHAPE_MAX_RANK] = { 0 };
    shape_strides(&x->shape, strides);
    for (int64_t to = 0; to < y->count; to += run) {
        int64_t from = 0;
        for (int d = 0; d < last && from != FILL; d++) {
            const int64_t at = plan->map[d][index[d]];
            from = at == FILL ? FILL : from + at * strides[d];
        }
        pad_run(x, value, from, last < 0 ? whole : plan->map[last], run, y, to);
        for (int d = last - 1; d >= 0 && ++index[d] == plan->shape.dims[d]; d--)
            index[d] = 0;
    }
    tensor_adopt_strings(y);
}

Tensor *pad_tensor(const Tensor *x, const int64_t *begins, const int64_t *ends, PadMode mode, const Tensor *value,
                   GError **error)
{
    g_auto(Plan) plan = { .shape = x->shape };
    for (int d = 0; d < x->shape.rank; d++)
        if (!padded_dim(d, x->shape.dims[d], begins[d], ends[d], mode, &plan.shape.dims[d], error))
            return NULL;
    g_autoptr(Tensor) y = tensor_new(x->dtype, &plan.shape, error);
    if (!y || y->count == 0)
        return g_steal_pointer(&y);
    for (int d = 0; d < x->shape.rank; d++)
        if (!plan_axis(&plan, d, x->shape.dims[d], begins[d], ends[d], mode, error))
            return NULL;
    pad_elements(x, value, &plan, y);
    return g_steal_pointer(&y);
}
