#include "reference/ops/shared/resample.h"

#include "reference/ops/shared/move.h"
#include "reference/ops/shared/numbers.h"

#include <math.h>
#include <string.h>

typedef struct {
    int64_t index;
    double  weight;
} Tap;

/* ---- tables ------------------------------------------------------------------------------------------------------ */

void resample_axis_init(ResampleAxis *axis, int64_t in, int64_t out)
{
    *axis = (ResampleAxis){ .in = in, .out = out, .taps = g_array_new(FALSE, FALSE, sizeof(Tap)),
                            .starts = g_array_new(FALSE, FALSE, sizeof(int64_t)) };
    const int64_t zero = 0;
    g_array_append_val(axis->starts, zero);
}

void resample_axis_identity(ResampleAxis *axis)
{
    axis->identity = TRUE;
}

void resample_axis_clear(ResampleAxis *axis)
{
    g_clear_pointer(&axis->taps, g_array_unref);
    g_clear_pointer(&axis->starts, g_array_unref);
    g_clear_pointer(&axis->outside, g_byte_array_unref);
}

static void finish(ResampleAxis *axis, guint8 outside)
{
    const int64_t end = axis->taps->len;
    g_array_append_val(axis->starts, end);
    if (outside && !axis->outside) { /* the first: the coordinates before it are inside */
        axis->outside = g_byte_array_new();
        g_byte_array_set_size(axis->outside, axis->starts->len - 2);
        memset(axis->outside->data, 0, axis->outside->len);
    }
    if (axis->outside)
        g_byte_array_append(axis->outside, &outside, 1);
}

static int64_t clamp(double index, int64_t n)
{
    return index <= 0 ? 0 : index >= (double)n ? n - 1 : MIN((int64_t)index, n - 1);
}

static double cubic(double x, double a) /* Keys' kernel */
{
    x = fabs(x);
    if (x <= 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static double filter_weight(const ResampleFilter *f, double distance)
{
    const double x = distance / f->stretch;
    return f->mode == RESAMPLE_LINEAR ? MAX(1 - fabs(x), 0) : cubic(x, f->cubic_a);
}

static double nearest(const ResampleFilter *f, double x)
{
    switch (f->nearest) {
    case NEAREST_PREFER_FLOOR:
        return ceil(x - 0.5);
    case NEAREST_PREFER_CEIL:
        return floor(x + 0.5);
    case NEAREST_FLOOR:
        return floor(x);
    default:
        return ceil(x);
    }
}

static gboolean add_weighted(ResampleAxis *axis, const ResampleFilter *f, double x, GError **error)
{
    const double reach = (f->mode == RESAMPLE_LINEAR ? 1 : 2) * f->stretch;
    const guint from = axis->taps->len;
    double sum = 0;
    if (reach > 0x1p24)
        return eval_fail(error, "the antialiasing filter spans %g elements, more than are supported", 2 * reach);
    for (double i = ceil(x - reach); i <= floor(x + reach); i++) {
        const gboolean out = i < 0 || i >= (double)axis->in;
        const Tap tap = { clamp(i, axis->in), filter_weight(f, i - x) };
        if (tap.weight == 0 || (out && f->exclude_outside))
            continue; /* a weight of zero must not meet an infinity */
        sum += tap.weight;
        g_array_append_val(axis->taps, tap);
    }
    if (sum == 0)
        return eval_fail(error, "no weight is left for coordinate %g of an axis of length %" G_GINT64_FORMAT, x,
                         axis->in);
    if (f->exclude_outside || f->stretch > 1)
        for (guint t = from; t < axis->taps->len; t++)
            g_array_index(axis->taps, Tap, t).weight /= sum;
    return TRUE;
}

gboolean resample_add(ResampleAxis *axis, const ResampleFilter *f, double x, GError **error)
{
    if (axis->in == 0)
        return eval_fail(error, "an axis of length 0 cannot be resized to length %" G_GINT64_FORMAT, axis->out);
    if (!isfinite(x))
        return eval_fail(error, "a coordinate comes out as %g", x);
    if (f->mode == RESAMPLE_NEAREST) {
        const Tap tap = { clamp(nearest(f, x), axis->in), 1 };
        g_array_append_val(axis->taps, tap);
    } else if (!add_weighted(axis, f, x, error)) {
        return FALSE;
    }
    finish(axis, 0);
    return TRUE;
}

void resample_add_outside(ResampleAxis *axis)
{
    finish(axis, 1);
}

/* ---- applying: nearest ------------------------------------------------------------------------------------------- */

/* Whether any axis of the element at `index` is outside. */
static gboolean is_outside(const ResampleAxis *axes, const int64_t *index, int rank)
{
    for (int d = 0; d < rank; d++)
        if (axes[d].outside && axes[d].outside->data[index[d]])
            return TRUE;
    return FALSE;
}

static void advance(int64_t *index, const Shape *shape)
{
    for (int d = shape->rank - 1; d >= 0 && ++index[d] == shape->dims[d]; d--)
        index[d] = 0;
}

static gboolean take_nearest(const Tensor *x, const ResampleAxis *axes, double extrapolation, Tensor *y, GError **error)
{
    int64_t strides[SHAPE_MAX_RANK], index[SHAPE_MAX_RANK] = { 0 };
    shape_strides(&x->shape, strides);
    const gboolean number = dtype_is_float(x->dtype) || dtype_is_integer(x->dtype) || x->dtype == DTYPE_BOOL;
    for (int64_t i = 0; i < y->count; i++, advance(index, &y->shape)) {
        if (is_outside(axes, index, y->shape.rank)) {
            if (!number)
                return eval_fail(error, "extrapolation_value is a number, the elements are %s", dtype_name(x->dtype));
            numbers_store(y, i, extrapolation);
            continue;
        }
        int64_t from = 0;
        for (int d = 0; d < y->shape.rank; d++) {
            const ResampleAxis *a = &axes[d];
            const int64_t at =
                a->identity ? index[d] : g_array_index(a->taps, Tap, g_array_index(a->starts, int64_t, index[d])).index;
            from += at * strides[d];
        }
        move_run(x, from, y, i, 1);
    }
    tensor_adopt_strings(y);
    return TRUE;
}

/* ---- applying: weighted sums ------------------------------------------------------------------------------------- */

/* y[o, j, i] := sum over the taps of j of weight * x[o, index, i]. */
static void apply_axis(const double *x, const ResampleAxis *axis, int64_t outer, int64_t inner, double *y)
{
    memset(y, 0, (gsize)(outer * axis->out * inner) * sizeof *y);
    for (int64_t o = 0; o < outer; o++)
        for (int64_t j = 0; j < axis->out; j++) {
            double *to = y + (o * axis->out + j) * inner;
            const int64_t end = g_array_index(axis->starts, int64_t, j + 1);
            for (int64_t t = g_array_index(axis->starts, int64_t, j); t < end; t++) {
                const Tap tap = g_array_index(axis->taps, Tap, t);
                const double *from = x + (o * axis->in + tap.index) * inner;
                for (int64_t i = 0; i < inner; i++)
                    to[i] += tap.weight * from[i];
            }
        }
}

static gboolean weigh(const Tensor *x, const ResampleAxis *axes, double extrapolation, Tensor *y, GError **error)
{
    const int64_t parts = numbers_parts(x->dtype);
    Shape shape = x->shape;
    g_autofree double *values = numbers_load(x, error);
    if (!values)
        return FALSE;
    for (int d = shape.rank - 1; d >= 0; d--) {
        if (axes[d].identity)
            continue;
        const int64_t outer = shape_span(&shape, 0, d), inner = shape_span(&shape, d + 1, shape.rank) * parts;
        shape.dims[d] = axes[d].out;
        const int64_t count = shape_count(&shape);
        double *next = count < 0 || count > G_MAXINT64 / 32 ? NULL : g_try_new(double, (gsize)(count * parts) + 1);
        if (!next)
            return eval_fail(error, "no memory for the intermediate values of axis %d", d);
        apply_axis(values, &axes[d], outer, inner, next);
        g_free(values);
        values = next;
    }
    int64_t index[SHAPE_MAX_RANK] = { 0 };
    for (int64_t i = 0; i < y->count; i++, advance(index, &y->shape))
        if (is_outside(axes, index, y->shape.rank)) {
            values[i * parts] = extrapolation;
            if (parts == 2)
                values[i * parts + 1] = 0;
        }
    numbers_store_all(y, values);
    return TRUE;
}

Tensor *resample_output(Eval *ev, const Tensor *x, const ResampleAxis *axes, GError **error)
{
    Shape shape = x->shape;
    for (int d = 0; d < shape.rank; d++)
        shape.dims[d] = axes[d].out;
    return eval_output(ev, 0, x->dtype, &shape, error);
}

gboolean resample_apply(const Tensor *x, const ResampleAxis *axes, ResampleMode mode, double extrapolation, Tensor *y,
                        GError **error)
{
    return mode == RESAMPLE_NEAREST ? take_nearest(x, axes, extrapolation, y, error)
                                    : weigh(x, axes, extrapolation, y, error);
}
