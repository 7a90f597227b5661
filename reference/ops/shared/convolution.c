#include "reference/ops/shared/convolution.h"

#include "reference/ops/shared/compensated.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <math.h>

gboolean convolution_read(const Eval *ev, const Tensor *x, const Tensor *w, const Tensor *bias, Convolution *c, GError **error)
{
    if (x->shape.rank < 3 || w->shape.rank != x->shape.rank)
        return eval_fail(error, "X has rank %d and W %d, expected equal ranks of at least 3", x->shape.rank, w->shape.rank);
    if (!spatial_read(ev, &x->shape, w->shape.dims + 2, &c->window, error))
        return FALSE;
    const int64_t in = x->shape.dims[1], out = w->shape.dims[0];
    *c = (Convolution){ .window = c->window, .x = x, .w = w, .bias = bias, .groups = eval_int(ev, "group"),
                        .arithmetic = gemm_arithmetic(x->dtype) };
    if (c->groups < 1 || in % c->groups != 0 || out % c->groups != 0)
        return eval_fail(error, "group is %" G_GINT64_FORMAT ", expected a divisor of %" G_GINT64_FORMAT " input and %"
                         G_GINT64_FORMAT " output channels", c->groups, in, out);
    c->in_group = in / c->groups;
    c->out_group = out / c->groups;
    if (w->shape.dims[1] != c->in_group)
        return eval_fail(error, "W has %" G_GINT64_FORMAT " input channels a group, expected %" G_GINT64_FORMAT, w->shape.dims[1],
                         c->in_group);
    if (bias && (bias->shape.rank != 1 || bias->count != out))
        return eval_fail(error, "B has %" G_GINT64_FORMAT " elements in rank %d, expected rank 1 and %" G_GINT64_FORMAT, bias->count,
                         bias->shape.rank, out);
    return TRUE;
}

static void weights(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Convolution *c = data;
    const int64_t k = c->in_group * c->window.taps, at = item % c->groups * c->out_group * k;
    const GemmMatrix w = { c->w->dtype, (const uint8_t *)c->w->data + at * dtype_info(c->w->dtype)->width, k, 1 };
    gemm_pack(c->arithmetic, &w, first, n, from, depth, cells, width);
}

#define BLOCK 256

/* What is exact but for one rounding needs no remainder. A NaN has no sign. */
static inline double settled(double value)
{
    return select_double(value != value, (double)NAN, value);
}

CLONES static void add_bias(const double *restrict sums, double bias, double *restrict out, gsize n)
{
    for (gsize i = 0; i < n; i++)
        out[i] = settled(sums[i] + bias);
}

CLONES static void add_bias_to_floats(const double *restrict sums, double bias, float *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)settled(sums[i] + bias);
}

static void add_bias_precisely(const double *sums, const double *rests, double bias, double *out, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        Compensated s = { sums[i], rests[i] };
        compensated_add(&s, bias);
        out[i] = compensated_value(s);
    }
}

void convolution_store(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values, const double *rests)
{
    const Convolution *c = data;
    const int64_t channel = item % c->groups * c->out_group + row;
    const int64_t plane = item / c->groups * c->groups * c->out_group + channel;
    const double bias = c->bias ? tensor_get_double(c->bias, channel) : 0, *sums = values;
    uint8_t *out = (uint8_t *)c->y->data + (plane * c->window.out_plane + column) * dtype_info(c->y->dtype)->width;
    if (!rests && c->y->dtype == DTYPE_FLOAT) {
        add_bias_to_floats(sums, bias, (float *)out, n);
        return;
    }
    for (int64_t i = 0; i < n; i += BLOCK) {
        double block[BLOCK];
        const int64_t some = MIN(n - i, BLOCK);
        if (rests)
            add_bias_precisely(sums + i, rests + i, bias, block, (gsize)some);
        else
            add_bias(sums + i, bias, block, (gsize)some);
        convert_from_double(c->y->dtype, block, out + i * dtype_info(c->y->dtype)->width, (gsize)some);
    }
}

static gboolean is_padded(const Spatial *w)
{
    gboolean is = FALSE;
    for (int d = 0; d < w->rank; d++)
        is |= w->begin[d] > 0 || w->end[d] > 0;
    return is;
}

gboolean convolution_output(Eval *ev, Convolution *c, GError **error)
{
    const Shape shape = spatial_shape(&c->window, c->x->shape.dims[0], c->groups * c->out_group);
    c->y = eval_output(ev, 0, c->x->dtype, &shape, error);
    if (c->y && c->linear && c->arithmetic == GEMM_NARROW)
        c->sums = linear_sums_open(ev, (double)(c->in_group * c->window.taps) + (c->bias ? 1 : 0), is_padded(&c->window));
    return c->y != NULL;
}

gboolean convolution_reach(const Convolution *c, Convolution *reach)
{
    const Tensor *x = c->sums ? linear_sums_reach(c->sums, 0) : NULL, *w = c->sums ? linear_sums_reach(c->sums, 1) : NULL;
    *reach = *c;
    reach->x = x ? x : c->x;
    reach->w = w ? w : c->w;
    return x || w;
}

CLONES static void add_each(const double *restrict values, double added, double *restrict out, gsize n)
{
    for (gsize i = 0; i < n; i++)
        out[i] = values[i] + added;
}

void convolution_store_certified(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const double *sums,
                                 const double *magnitudes, const double *terms)
{
    const Convolution *c = data;
    const int64_t channel = item % c->groups * c->out_group + row;
    const int64_t plane = item / c->groups * c->groups * c->out_group + channel;
    const double bias = c->bias ? tensor_get_double(c->bias, channel) : 0, share = linear_sums_share(c->sums);
    for (int64_t i = 0, some; i < n; i += some) {
        double values[BLOCK], totals[BLOCK], counts[BLOCK];
        some = MIN(n - i, BLOCK);
        const int64_t at = plane * c->window.out_plane + column + i;
        add_bias(sums + i, bias, values, (gsize)some);
        if (bias != 0)
            add_each(magnitudes + i, share * fabs(bias), totals, (gsize)some);
        if (terms)
            add_each(terms + i, bias != 0, counts, (gsize)some);
        convert_from_double(c->y->dtype, values, (uint8_t *)c->y->data + at * dtype_info(c->y->dtype)->width, (gsize)some);
        linear_sums_take(c->sums, at, some, values, bias != 0 ? totals : magnitudes + i, terms ? counts : NULL);
    }
}

void convolution_run(Eval *ev, Convolution *c, GemmRead columns)
{
    Gemm product = { c->arithmetic, c->x->shape.dims[0] * c->groups, c->out_group, c->window.out_plane, c->in_group * c->window.taps,
                           weights, columns, convolution_store, c };
    product.raw = c->arithmetic == GEMM_NARROW;
    if (c->sums) {
        product.certify = convolution_store_certified;
        product.counts = linear_sums_counts(c->sums);
        product.left_dense = linear_sums_dense(c->sums, 1);
    }
    if (c->reach) {
        product.left_reach = c->reach->w != c->w ? c->reach : NULL;
        product.right_reach = c->reach->x != c->x ? c->reach : NULL;
    }
    gemm_run(ev, &product);
}
