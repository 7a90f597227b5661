#include "reference/ops/shared/move.h"

/* One axis of the result: where it starts, how far apart its elements are, how many there are. */
typedef struct {
    int64_t first, step, count;
} Cut;

/* Negative bounds count from the end, then everything is clamped to what exists: [0, dim] going up; going down the first
 * element is at most dim - 1 and the end may stand before 0. */
static Cut cut(int64_t start, int64_t end, int64_t step, int64_t dim)
{
    if (start < 0)
        start += dim;
    if (end < 0)
        end += dim;
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : dim - 1;
    start = CLAMP(start, step > 0 ? 0 : MIN(0, dim - 1), high);
    end = CLAMP(end, low, high);
    const int64_t distance = step > 0 ? end - start : start - end;
    const uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    const uint64_t count = distance > 0 ? ((uint64_t)distance - 1) / stride + 1 : 0;
    return (Cut){ start, count > 1 ? step : 0, (int64_t)count };
}

typedef struct {
    const int64_t *starts, *ends, *axes, *steps; /* axes, steps: NULL if absent */
    gsize          n;
} Request;

static gboolean slice_with(Eval *ev, const Request *r, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t strides[SHAPE_MAX_RANK], offset = 0;
    gboolean seen[SHAPE_MAX_RANK] = { FALSE };
    Shape shape = x->shape;
    shape_strides(&shape, strides);
    for (gsize i = 0; i < r->n; i++) {
        const int64_t asked = r->axes ? r->axes[i] : (int64_t)i, step = r->steps ? r->steps[i] : 1;
        const int axis = shape_axis(asked, shape.rank);
        if (axis < 0)
            return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", asked, shape.rank, shape.rank);
        if (seen[axis])
            return eval_fail(error, "axis %" G_GINT64_FORMAT " is listed twice", asked);
        if (step == 0)
            return eval_fail(error, "the step of axis %d is 0", axis);
        seen[axis] = TRUE;
        const Cut c = cut(r->starts[i], r->ends[i], step, shape.dims[axis]);
        if (c.count > 0)
            offset += c.first * strides[axis];
        strides[axis] *= c.step;
        shape.dims[axis] = c.count;
    }
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (y)
        move_strided(x, offset, strides, y);
    return y != NULL;
}

static gboolean same_length(const char *what, gsize found, gsize expected, GError **error)
{
    return found == expected || eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, starts has %" G_GSIZE_FORMAT, what,
                                          found, expected);
}

static gboolean slice_1(Eval *ev, GError **error)
{
    Request r = { 0 };
    gsize n_ends, n_axes;
    r.starts = eval_ints(ev, "starts", &r.n);
    r.ends = eval_ints(ev, "ends", &n_ends);
    r.axes = eval_ints(ev, "axes", &n_axes);
    return same_length("ends", n_ends, r.n, error) && (!r.axes || same_length("axes", n_axes, r.n, error)) &&
           slice_with(ev, &r, error);
}

/* Input i as a list as long as starts; NULL if omitted. FALSE with an error. */
static gboolean list_input(const Eval *ev, gsize i, const char *name, gsize n, int64_t **list, GError **error)
{
    gsize found;
    if (!eval_input(ev, i))
        return TRUE;
    *list = move_int_list(eval_input(ev, i), name, &found, error);
    return *list && same_length(name, found, n, error);
}

static gboolean slice(Eval *ev, GError **error)
{
    gsize n;
    g_autofree int64_t *starts = move_int_list(eval_input(ev, 1), "starts", &n, error), *ends = NULL, *axes = NULL,
                       *steps = NULL;
    return starts && list_input(ev, 2, "ends", n, &ends, error) && list_input(ev, 3, "axes", n, &axes, error) &&
           list_input(ev, 4, "steps", n, &steps, error) && slice_with(ev, &(Request){ starts, ends, axes, steps, n }, error);
}

#define REST                                                                                                            \
    .signature = "data:T, starts:Tind, ends:Tind, axes:Tind?, steps:Tind? -> output:T", .kernel = slice,                \
    .bound = move_bound_first
OPERATOR_DEFINE(slice, "Slice", "",
    { .since = 1, .signature = "data:T -> output:T", .types = "T: all1", .attributes = "axes:ints, ends:ints!, starts:ints!",
      .kernel = slice_1, .bound = move_bound_first },
    { .since = 10, .types = "T: all1 | Tind: int32 int64", REST },
    { .since = 11, .types = "T: all1 | Tind: int32 int64", REST },
    { .since = 13, .types = "T: all13 | Tind: int32 int64", REST })
