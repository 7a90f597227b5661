#include "reference/ops/shared/move.h"

#include <string.h>

#define FILL (-1) /* in a map: the constant */

typedef enum { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } PadMode;

static gboolean parse_mode(const Eval *ev, PadMode *mode, GError **error)
{
    static const char *const names[] = { "constant", "reflect", "edge", "wrap" };
    const char *text = eval_string(ev, "mode");
    const gsize known = eval_version(ev) >= 19 ? 4 : 3;
    for (gsize i = 0; i < known; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (PadMode)i;
            return TRUE;
        }
    return eval_fail(error, "mode is '%s', expected constant, reflect, edge%s", text, known == 4 ? " or wrap" : "");
}

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

/* begins and ends have one entry for each axis of the input. */
static gboolean pad_with(Eval *ev, const int64_t *begins, const int64_t *ends, const Tensor *value, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    PadMode mode = PAD_CONSTANT;
    if (!parse_mode(ev, &mode, error))
        return FALSE;
    g_auto(Plan) plan = { .shape = x->shape };
    for (int d = 0; d < x->shape.rank; d++)
        if (!padded_dim(d, x->shape.dims[d], begins[d], ends[d], mode, &plan.shape.dims[d], error))
            return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &plan.shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    for (int d = 0; d < x->shape.rank; d++)
        if (!plan_axis(&plan, d, x->shape.dims[d], begins[d], ends[d], mode, error))
            return FALSE;
    pad_elements(x, value, &plan, y);
    return TRUE;
}

/* Distributes a list [begins of the axes..., ends of the axes...] over all axes; axes NULL: all, in order. */
static gboolean distribute(const int64_t *pads, gsize n, const int *axes, gsize n_axes, int64_t *begins, int64_t *ends,
                           GError **error)
{
    if (n != 2 * n_axes)
        return eval_fail(error, "pads has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, n, 2 * n_axes);
    for (gsize i = 0; i < n_axes; i++) {
        begins[axes ? axes[i] : (int)i] = pads[i];
        ends[axes ? axes[i] : (int)i] = pads[n_axes + i];
    }
    return TRUE;
}

static gboolean pad(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *value = eval_input(ev, 2);
    int64_t begins[SHAPE_MAX_RANK] = { 0 }, ends[SHAPE_MAX_RANK] = { 0 };
    gsize n, n_axes;
    g_autofree int *axes = NULL;
    g_autofree int64_t *pads = move_int_list(eval_input(ev, 1), "pads", &n, error);
    if (!pads || !move_axes(ev, NULL, 3, x->shape.rank, &axes, &n_axes, error) ||
        !distribute(pads, n, axes, axes ? n_axes : (gsize)x->shape.rank, begins, ends, error))
        return FALSE;
    if (value && value->count != 1)
        return eval_fail(error, "constant_value has %" G_GINT64_FORMAT " elements, expected 1", value->count);
    g_autoptr(Tensor) zero = value ? NULL : tensor_new(x->dtype, &SHAPE0, error);
    return (value || zero) && pad_with(ev, begins, ends, value ? value : zero, error);
}

/* Versions 1 and 2: attributes, under two names. */
static gboolean pad_1(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t begins[SHAPE_MAX_RANK] = { 0 }, ends[SHAPE_MAX_RANK] = { 0 };
    gsize n;
    const int64_t *pads = eval_ints(ev, eval_version(ev) == 1 ? "paddings" : "pads", &n);
    g_autoptr(Tensor) value = tensor_new(x->dtype, &SHAPE0, error);
    if (!value || !distribute(pads, n, NULL, (gsize)x->shape.rank, begins, ends, error))
        return FALSE;
    tensor_set_double(value, 0, (double)eval_float(ev, "value"));
    return pad_with(ev, begins, ends, value, error);
}

/* The elements and the constant are moved, pads and axes say where. */
static gboolean pad_bound(Eval *ev, GError **error)
{
    return move_bound(ev, 1 << 0 | 1 << 2, error);
}

#define OLD .signature = "data:T -> output:T", .types = "T: floats1", .kernel = pad_1, .bound = pad_bound
#define REST .attributes = "mode:string=constant", .kernel = pad, .bound = pad_bound
#define INPUTS .signature = "data:T, pads:int64, constant_value:T? -> output:T"
#define AXES .signature = "data:T, pads:int64, constant_value:T?, axes:Tind? -> output:T"
OPERATOR_DEFINE(pad, "Pad", "",
    { .since = 1, .attributes = "mode:string=constant, paddings:ints!, value:float=0", OLD },
    { .since = 2, .attributes = "mode:string=constant, pads:ints!, value:float=0", OLD },
    { .since = 11, .types = "T: numeric1", INPUTS, REST },
    { .since = 13, .types = "T: all13", INPUTS, REST },
    { .since = 18, .types = "T: all13 | Tind: int32 int64", AXES, REST },
    { .since = 19, .types = "T: all13 | Tind: int32 int64", AXES, REST },
    { .since = 21, .types = "T: all21 | Tind: int32 int64", AXES, REST },
    { .since = 23, .types = "T: all23 | Tind: int32 int64", AXES, REST },
    { .since = 24, .types = "T: all24 | Tind: int32 int64", AXES, REST },
    { .since = 25, .types = "T: all25 | Tind: int32 int64", AXES, REST })
