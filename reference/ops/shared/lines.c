#include "reference/ops/shared/lines.h"

#include "reference/tensor/convert.h"

#include <mpfr.h>

typedef struct {
    LineFn        function;
    const Tensor *x;
    Tensor       *y;
    int64_t       length, inner; /* elements of a line, and their distance */
    gint          out_of_memory;
} Lines;

static void load(const Tensor *x, int64_t first, int64_t step, int64_t n, double *out)
{
    if (step == 1)
        convert_to_double(x->dtype, (const uint8_t *)x->data + (gsize)first * (gsize)dtype_info(x->dtype)->width, out, (gsize)n);
    else
        for (int64_t k = 0; k < n; k++)
            out[k] = tensor_get_double(x, first + k * step);
}

static void lines_range(int64_t from, int64_t to, gpointer data)
{
    Lines *l = data;
    g_autofree double *in = g_try_new(double, (gsize)l->length), *out = g_try_new(double, (gsize)l->length);
    if (!in || !out) {
        g_atomic_int_set(&l->out_of_memory, 1);
        return;
    }
    for (int64_t i = from; i < to; i++) {
        const int64_t first = i / l->inner * l->inner * l->length + i % l->inner;
        load(l->x, first, l->inner, l->length, in);
        l->function(in, (gsize)l->length, l->x->dtype, out);
        for (int64_t k = 0; k < l->length; k++)
            tensor_set_double(l->y, first + k * l->inner, out[k]);
    }
    if ((to - from) * l->length < l->x->count)
        mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); /* one thread of several: what MPFR caches would be lost with it */
}

/* A scalar is a line of its own. The coercing versions also admit axis = rank: lines of one element. */
static int line_axis(const Eval *ev, gboolean coerce)
{
    const int64_t given = eval_int(ev, "axis");
    const int rank = eval_input(ev, 0)->shape.rank;
    const gboolean whole = (rank == 0 && given >= -1 && given <= 1) || (coerce && given == rank);
    return whole ? rank : shape_axis(given, rank);
}

void lines_layout(const Eval *ev, gboolean coerce, int64_t *length, int64_t *inner)
{
    const Shape *shape = &eval_input(ev, 0)->shape;
    const int axis = line_axis(ev, coerce);
    *length = coerce ? shape_span(shape, axis, shape->rank) : axis < shape->rank ? shape->dims[axis] : 1;
    *inner = coerce || axis >= shape->rank ? 1 : shape_span(shape, axis + 1, shape->rank);
}

gboolean lines_apply(Eval *ev, gboolean coerce, LineFn function, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (line_axis(ev, coerce) < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), x->shape.rank,
                         x->shape.rank);
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y || x->count == 0)
        return y != NULL;
    Lines l = { .function = function, .x = x, .y = y };
    lines_layout(ev, coerce, &l.length, &l.inner);
    eval_parallel(ev, x->count / l.length, MAX(1, 4096 / l.length), lines_range, &l);
    return !l.out_of_memory || eval_fail(error, "no memory for lines of %" G_GINT64_FORMAT " elements", l.length);
}
