/* Maximum and mean a row of windows at a time: the same operations on each window's taps in the same order as
 * pooling_functions.c, but next to each other, so that vectors do them. */
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/padded_input.h"
#include "reference/ops/shared/pooling.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <float.h>
#include <math.h>

typedef struct {
    const Spatial *window;
    const Pooling *pooling;
    const Tensor  *x;
    PaddedInput    padded;
    Tensor        *y;
    double         fill;
    int64_t        together; /* planes that have one output each are next to each other instead of rows */
    double        *inside, *reached; /* of each output position: taps inside the input, and inside input or pads */
    gint           out_of_memory;
} Rows;

/* Not less and not NaN already: a NaN is larger than everything, the first of equal ones stays. */
CLONES static void largest_tap(const double *restrict x, int64_t stride, double *restrict best, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        best[i] = select_double(!(x[i * stride] <= best[i]) & (best[i] == best[i]), x[i * stride], best[i]);
}

CLONES static void add_tap(const double *restrict x, int64_t stride, double *restrict sums, double *restrict rests, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        Compensated s = { sums[i], rests[i] };
        compensated_add(&s, x[i * stride]);
        sums[i] = s.sum;
        rests[i] = s.rest;
    }
}

/* compensated_divide without a branch, so that vectors do it. */
CLONES static void divide_by_counts(const double *restrict sums, const double *restrict rests, const double *restrict counts,
                                    double *restrict means, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double d = counts[i], sum = sums[i], rest = select_double((fabs(sum) <= DBL_MAX) & (fabs(rests[i]) <= DBL_MAX), rests[i], 0);
        const double q = sum / d, lost = (fma(-q, d, sum) + rest) / d, exact = q + lost;
        means[i] = select_double(fabs(q) <= DBL_MAX, exact, select_double(q != q, (double)NAN, q));
    }
}

#define BLOCK    1024
#define TOGETHER 64

/* n windows, their taps `stride` apart. */
static void one_run(const Rows *r, const double *cells, int64_t stride, int64_t n, double *values, double *rests)
{
    const gboolean mean = r->pooling->rows == POOLING_MEAN_ROWS;
    for (int64_t i = 0; i < n; i++) {
        values[i] = r->fill;
        rests[i] = 0;
    }
    for (int64_t t = 0; t < r->window->taps; t++)
        if (mean)
            add_tap(cells + r->padded.taps[t], stride, values, rests, n);
        else
            largest_tap(cells + r->padded.taps[t], stride, values, n);
}

/* n outputs, of sums and how many taps each has. */
static void store(const Rows *r, int64_t at, int64_t n, const double *values, const double *rests, const double *counts)
{
    double means[BLOCK];
    if (counts)
        divide_by_counts(values, rests, counts, means, n);
    convert_from_double(r->y->dtype, counts ? means : values, (uint8_t *)r->y->data + at * dtype_info(r->y->dtype)->width, (gsize)n);
}

static const double *counts_of(const Rows *r)
{
    if (r->pooling->rows != POOLING_MEAN_ROWS)
        return NULL;
    return *(const gboolean *)r->pooling->data ? r->reached : r->inside;
}

static void rows_of_plane(const Rows *r, int64_t plane, const double *cells)
{
    const Spatial *w = r->window;
    const double *counts = counts_of(r);
    double values[BLOCK], rests[BLOCK];
    for (int64_t at = 0; at < w->out_plane;) {
        const PaddedRun run = padded_run(&r->padded, w, at, BLOCK);
        one_run(r, cells + r->padded.positions[at], 1, run.count, values, rests);
        padded_run_close(&run, values);
        padded_run_close(&run, rests);
        store(r, plane * w->out_plane + at, run.rows * run.n, values, rests, counts ? counts + at : NULL);
        at += run.rows * run.n;
    }
}

static void one_of_each(const Rows *r, int64_t plane, int64_t n, const double *cells)
{
    const double *count = counts_of(r);
    double counts[TOGETHER], values[TOGETHER], rests[TOGETHER];
    for (int64_t i = 0; count && i < n; i++)
        counts[i] = *count;
    one_run(r, cells, r->padded.plane, n, values, rests);
    store(r, plane, n, values, rests, count ? counts : NULL);
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    Rows *r = data;
    const PaddedInput *p = &r->padded;
    g_autofree double *cells = g_try_new(double, p->plane * r->together), *room = g_try_new(double, padded_room(r->x, r->window) + 1);
    if (!cells || !room) {
        g_atomic_int_set(&r->out_of_memory, 1);
        return;
    }
    for (int64_t plane = first, n; plane < last; plane += n) {
        n = MIN(last - plane, r->together);
        for (int64_t i = 0; i < n; i++)
            padded_plane(p, r->window, r->x, plane + i, r->fill, room, cells + i * p->plane);
        if (r->together > 1)
            one_of_each(r, plane, n, cells);
        else
            rows_of_plane(r, plane, cells);
    }
}

static gboolean count_taps(Rows *r)
{
    const gsize n = (gsize)r->window->out_plane;
    g_autofree int64_t *offsets = g_try_new(int64_t, spatial_most_taps(r->window) + 1);
    r->inside = g_try_new(double, n + 1);
    r->reached = g_try_new(double, n + 1);
    for (gsize i = 0; offsets && r->inside && r->reached && i < n; i++) {
        int64_t reached;
        r->inside[i] = (double)spatial_taps(r->window, (int64_t)i, offsets, &reached);
        r->reached[i] = (double)reached;
    }
    return offsets && r->inside && r->reached;
}

gboolean pooling_run_rows(Eval *ev, const Spatial *window, const Pooling *pooling, Tensor *y)
{
    const Tensor *x = eval_input(ev, 0);
    Rows r = { .window = window, .pooling = pooling, .x = x, .y = y };
    if (pooling->rows == POOLING_LARGEST_ROWS)
        r.fill = dtype_is_float(x->dtype) ? -(double)INFINITY : (double)dtype_min(x->dtype);
    gboolean ok = y->count > 0 && padded_input_plan(x, window, &r.padded);
    if (ok && pooling->rows == POOLING_MEAN_ROWS)
        ok = count_taps(&r);
    if (ok) {
        r.together = window->out_plane == 1 ? CLAMP(65536 / r.padded.plane, 1, TOGETHER) : 1;
        eval_parallel(ev, x->shape.dims[0] * x->shape.dims[1], 1 + 65536 / r.padded.plane, some_planes, &r);
    }
    padded_input_clear(&r.padded);
    g_free(r.inside);
    g_free(r.reached);
    return ok && !r.out_of_memory;
}
