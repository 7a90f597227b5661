#include "reference/bounds/sums.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/move.h"
#include "reference/ops/shared/wide.h"

typedef struct {
    const Tensor *x, *cos, *sin, *positions; /* positions NULL: the caches are [B, S, R / 2] */
    Tensor       *y;
    int64_t       batch, length, heads, depth, rotated;
    int64_t       batch_stride, row_stride, head_stride;
    gboolean      interleaved;
} Rotary;

static gboolean read_shape(const Eval *ev, Rotary *r, GError **error)
{
    const int64_t *d = r->x->shape.dims, heads = eval_int(ev, "num_heads");
    if (r->x->shape.rank == 4) {
        *r = (Rotary){ .x = r->x, .batch = d[0], .heads = d[1], .length = d[2], .depth = d[3],
                       .batch_stride = d[1] * d[2] * d[3], .head_stride = d[2] * d[3], .row_stride = d[3] };
    } else if (r->x->shape.rank == 3) {
        if (heads < 1 || d[2] % heads != 0)
            return eval_fail(error,
                             "num_heads is %" G_GINT64_FORMAT ", expected a divisor of %" G_GINT64_FORMAT " channels",
                             heads, d[2]);
        *r = (Rotary){ .x = r->x, .batch = d[0], .heads = heads, .length = d[1], .depth = d[2] / heads,
                       .batch_stride = d[1] * d[2], .head_stride = d[2] / heads, .row_stride = d[2] };
    } else {
        return eval_fail(error, "X has rank %d, expected 3 or 4", r->x->shape.rank);
    }
    const int64_t rotated = eval_int(ev, "rotary_embedding_dim");
    r->rotated = rotated == 0 ? r->depth : rotated;
    if (r->rotated < 0 || r->rotated > r->depth || r->rotated % 2 != 0)
        return eval_fail(error, "%" G_GINT64_FORMAT " channels rotate, expected an even number up to %" G_GINT64_FORMAT,
                         r->rotated, r->depth);
    r->interleaved = eval_int(ev, "interleaved") != 0;
    return TRUE;
}

static gboolean read_caches(const Eval *ev, Rotary *r, GError **error)
{
    r->cos = eval_input(ev, 1);
    r->sin = eval_input(ev, 2);
    r->positions = eval_input(ev, 3);
    const Shape *cache = &r->cos->shape, places = SHAPE(r->batch, r->length);
    const Shape wanted = r->positions ? SHAPE(cache->rank > 0 ? cache->dims[0] : 0, r->rotated / 2)
                                      : SHAPE(r->batch, r->length, r->rotated / 2);
    if (!shape_equal(cache, &wanted) || !shape_equal(&r->sin->shape, &wanted)) {
        g_autofree char *c = shape_to_string(cache), *s = shape_to_string(&r->sin->shape), *w = shape_to_string(&wanted);
        return eval_fail(error, "cos_cache has shape %s and sin_cache %s, expected %s", c, s, w);
    }
    if (!r->positions)
        return TRUE;
    if (!shape_equal(&r->positions->shape, &places)) {
        g_autofree char *found = shape_to_string(&r->positions->shape), *expected = shape_to_string(&places);
        return eval_fail(error, "position_ids has shape %s, expected %s", found, expected);
    }
    for (int64_t i = 0; i < r->positions->count; i++) {
        const int64_t position = tensor_get_int(r->positions, i);
        if (position < 0 || position >= cache->dims[0])
            return eval_fail(
                error, "position_ids has the entry %" G_GINT64_FORMAT ", the caches have %" G_GINT64_FORMAT " rows",
                position, cache->dims[0]);
    }
    return TRUE;
}

/* a * b + c * d with one rounding in effect. */
static double two_products(double a, double b, double c, double d)
{
    Compensated s = { 0, 0 };
    compensated_add_product(&s, a, b);
    compensated_add_product(&s, c, d);
    return compensated_value(s);
}

static void one_row(const Rotary *r, int64_t at, int64_t cache)
{
    const int64_t half = r->rotated / 2;
    for (int64_t i = 0; i < half; i++) {
        const int64_t real = at + (r->interleaved ? 2 * i : i), imaginary = at + (r->interleaved ? 2 * i + 1 : i + half);
        const double c = tensor_get_double(r->cos, cache + i), s = tensor_get_double(r->sin, cache + i);
        const double x = tensor_get_double(r->x, real), y = tensor_get_double(r->x, imaginary);
        tensor_set_double(r->y, real, two_products(c, x, -s, y));
        tensor_set_double(r->y, imaginary, two_products(s, x, c, y));
    }
    move_run(r->x, at + r->rotated, r->y, at + r->rotated, r->depth - r->rotated);
}

/* Row i counts places within heads within batch items: where it starts in X, and where its cosines do in the cache. */
static int64_t row_start(const Rotary *r, int64_t i)
{
    return i / (r->heads * r->length) * r->batch_stride + i / r->length % r->heads * r->head_stride +
           i % r->length * r->row_stride;
}

static int64_t cache_start(const Rotary *r, int64_t i)
{
    const int64_t place = i / (r->heads * r->length) * r->length + i % r->length;
    return (r->positions ? tensor_get_int(r->positions, place) : place) * (r->rotated / 2);
}

static void some_rows(int64_t first, int64_t last, gpointer data)
{
    const Rotary *r = data;
    for (int64_t i = first; i < last; i++)
        one_row(r, row_start(r, i), cache_start(r, i));
}

static gboolean rotary_embedding(Eval *ev, GError **error)
{
    Rotary r = { .x = eval_input(ev, 0) };
    if (!read_shape(ev, &r, error) || !read_caches(ev, &r, error))
        return FALSE;
    r.y = eval_output(ev, 0, r.x->dtype, &r.x->shape, error);
    if (!r.y)
        return FALSE;
    if (r.y->count > 0)
        eval_parallel(ev, r.batch * r.heads * r.length, 64, some_rows, &r);
    return TRUE;
}

/* ---- bound: "dot/any-order" and "sum/exact" of two products ------------------------------------------------------ */

/* A number known up to a radius. */
typedef struct {
    double middle, radius;
} Known;

static Known known(const Wide *w, gsize input, int64_t i)
{
    const double low = ((const double *)w->low[input]->data)[i];
    const double high = w->high[input] ? ((const double *)w->high[input]->data)[i] : low;
    return (Known){ wide_middle(low, high), wide_radius(low, high) };
}

/* By how much a b +- c d may be off in the computing type. Where that is the output's, the last addition is its rounding. */
static double pair_error(DType dtype, Known a, Known b, Known c, Known d)
{
    const double products = fabs(a.middle * b.middle) + fabs(c.middle * d.middle);
    const double spread = a.radius * (fabs(b.middle) + b.radius) + b.radius * fabs(a.middle) +
                          c.radius * (fabs(d.middle) + d.radius) + d.radius * fabs(c.middle);
    const int64_t ab = (int64_t)bounds_lowest_bit(a.middle) + bounds_lowest_bit(b.middle);
    const int64_t cd = (int64_t)bounds_lowest_bit(c.middle) + bounds_lowest_bit(d.middle);
    if (spread == 0 && bounds_sum_exact(dtype, products, (int)CLAMP(MIN(ab, cd), G_MININT, G_MAXINT)))
        return 0;
    const double roundings = bounds_compute_type(dtype) == dtype ? 1 : 2;
    return spread * (1 + 0x1p-50) + bounds_dot(dtype, roundings, products + spread);
}

static gboolean set_rotated(Ends *ends, int64_t at, double value, double error, double magnitude, GError **error_out)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    if (!isfinite(magnitude)) /* an infinity or NaN among the inputs */
        return TRUE;
    const Range range = bounds_store(dtype, value, magnitude > bounds_huge(dtype) ? (double)INFINITY : error,
                                     eval_may_fuse(ends->ev, 0));
    return range.low == range.high || ends_set(ends, at, range.low, range.high, error_out);
}

static gboolean row_bound(const Rotary *r, const Wide *w, Ends *ends, int64_t at, int64_t cache, GError **error)
{
    const int64_t half = r->rotated / 2;
    const DType dtype = r->x->dtype;
    for (int64_t i = 0; i < half; i++) {
        const int64_t real = at + (r->interleaved ? 2 * i : i), imaginary = at + (r->interleaved ? 2 * i + 1 : i + half);
        const Known c = known(w, 1, cache + i), s = known(w, 2, cache + i), x = known(w, 0, real),
                    y = known(w, 0, imaginary);
        const double magnitude = fabs(c.middle * x.middle) + fabs(s.middle * y.middle),
                     other = fabs(s.middle * x.middle) + fabs(c.middle * y.middle);
        if (!set_rotated(ends, real, two_products(c.middle, x.middle, -s.middle, y.middle),
                         pair_error(dtype, c, x, s, y), magnitude, error) ||
            !set_rotated(ends, imaginary, two_products(s.middle, x.middle, c.middle, y.middle),
                         pair_error(dtype, s, x, c, y), other, error))
            return FALSE;
    }
    for (int64_t i = at + r->rotated; w->high[0] && i < at + r->depth; i++) {
        const double low = ((const double *)w->low[0]->data)[i], high = ((const double *)w->high[0]->data)[i];
        if (low < high && !ends_set(ends, i, low, high, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean rotary_bound(Eval *ev, GError **error)
{
    Rotary r = { .x = eval_input(ev, 0) };
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    if (!read_shape(ev, &r, error) || !read_caches(ev, &r, error) || !wide_init(&w, ev, error))
        return FALSE;
    if (!w.known) {
        ends_abandon(&ends);
        return TRUE;
    }
    for (int64_t i = 0; i < r.batch * r.heads * r.length; i++)
        if (!row_bound(&r, &w, &ends, row_start(&r, i), cache_start(&r, i), error))
            return FALSE;
    ends_finish(&ends);
    return TRUE;
}

OPERATOR_DEFINE(rotary_embedding, "RotaryEmbedding", "",
                { .since = 23,
                  .signature = "X:T, cos_cache:T, sin_cache:T, position_ids:M? -> Y:T",
                  .types = "T: float float16 bfloat16 | M: int64",
                  .attributes = "interleaved:int=0, num_heads:int, rotary_embedding_dim:int=0",
                  .kernel = rotary_embedding,
                  .bound = rotary_bound })
