#include "reference/ops/shared/padded_input.h"

#include "reference/tensor/convert.h"

/* Pads may be much larger than the input, and what is copied should stay small beside what is computed. */
#define MOST_TIMES 8
#define MOST_CELLS (INT64_C(1) << 25)

typedef struct {
    const Tensor  *x;
    const Spatial *window;
    const int64_t *extent; /* of a plane with its pads, as far as a window reaches */
    PaddedInput   *padded;
    double         fill;
} Job;

static void next_index(const int64_t *dims, int rank, int64_t *at)
{
    for (int d = rank - 1; d >= 0 && ++at[d] == dims[d]; d--)
        at[d] = 0;
}

static void fill(double *cells, int64_t n, double value)
{
    for (int64_t i = 0; i < n; i++)
        cells[i] = value;
}

/* Rows along the last dim, each with its own of the input in the middle, if there is one. */
static void one_plane(const Job *job, int64_t plane)
{
    const Spatial *w = job->window;
    const int d = w->rank - 1;
    const int64_t width = dtype_info(job->x->dtype)->width, length = job->extent[d], rows = job->padded->plane / length;
    const uint8_t *source = (const uint8_t *)job->x->data + plane * w->in_plane * width;
    const int64_t n = CLAMP(length - w->begin[d], 0, w->in[d]), left = MIN(w->begin[d], length);
    double *cells = job->padded->cells + plane * job->padded->plane;
    int64_t at[SHAPE_MAX_RANK] = { 0 };
    for (int64_t r = 0; r < rows; r++, cells += length, next_index(job->extent, d, at)) {
        int64_t row = 0;
        gboolean inside = TRUE;
        for (int e = 0; e < d; e++) {
            const int64_t i = at[e] - w->begin[e];
            inside &= i >= 0 && i < w->in[e];
            row = row * w->in[e] + i;
        }
        if (!inside) {
            fill(cells, length, job->fill);
            continue;
        }
        fill(cells, left, job->fill);
        convert_to_double(job->x->dtype, source + row * w->in[d] * width, cells + left, (gsize)n);
        fill(cells + left + n, length - left - n, job->fill);
    }
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    for (int64_t plane = first; plane < last; plane++)
        one_plane(data, plane);
}

/* Offsets in a plane of all index vectors below dims, step[d] apart in dim d. */
static void fill_offsets(const int64_t *dims, const int64_t *step, const int64_t *extent, int rank, int64_t n, int64_t *offsets)
{
    int64_t at[SHAPE_MAX_RANK] = { 0 };
    for (int64_t i = 0; i < n; i++) {
        offsets[i] = 0;
        for (int d = 0; d < rank; d++)
            offsets[i] = offsets[i] * extent[d] + at[d] * step[d];
        next_index(dims, rank, at);
    }
}

gboolean padded_input_make(Eval *ev, const Tensor *x, const Spatial *w, double fill, PaddedInput *p)
{
    int64_t extent[SHAPE_MAX_RANK], total;
    const int64_t planes = x->shape.dims[0] * x->shape.dims[1];
    *p = (PaddedInput){ .plane = 1 };
    for (int d = 0; d < w->rank; d++) {
        extent[d] = (w->out[d] - 1) * w->stride[d] + (w->kernel[d] - 1) * w->dilation[d] + 1; /* each factor is below 2^31 */
        if (extent[d] < 1 || __builtin_mul_overflow(p->plane, extent[d], &p->plane))
            return FALSE;
    }
    if (w->rank < 1 || x->count < 1 || __builtin_mul_overflow(p->plane, planes, &total) || total > MOST_CELLS || total / MOST_TIMES > x->count ||
        w->out_plane > MOST_CELLS || w->taps > MOST_CELLS)
        return FALSE;
    p->cells = g_try_new(double, total);
    p->taps = g_try_new(int64_t, w->taps);
    p->positions = g_try_new(int64_t, w->out_plane + 1);
    if (!p->cells || !p->taps || !p->positions) {
        padded_input_clear(p);
        return FALSE;
    }
    fill_offsets(w->kernel, w->dilation, extent, w->rank, w->taps, p->taps);
    fill_offsets(w->out, w->stride, extent, w->rank, w->out_plane, p->positions);
    eval_parallel(ev, planes, 1 + 65536 / p->plane, some_planes, &(Job){ x, w, extent, p, fill });
    return TRUE;
}

void padded_input_clear(PaddedInput *p)
{
    g_clear_pointer(&p->cells, g_free);
    g_clear_pointer(&p->taps, g_free);
    g_clear_pointer(&p->positions, g_free);
}

PaddedRun padded_run(const PaddedInput *p, const Spatial *w, int64_t at, int64_t most)
{
    const int d = w->rank - 1;
    const int64_t row = w->out[d], stride = w->stride[d], left = w->out_plane - at;
    PaddedRun run = { 1, MIN(row - at % row, most), 0, 0 };
    run.count = run.n;
    const int64_t step = left > row ? p->positions[at + row] - p->positions[at] : 0;
    if (run.n < row || step % stride != 0 || step / stride < row || step / stride > row + row / 2)
        return run;
    run.pitch = step / stride;
    while (run.count + run.pitch <= most && (run.rows + 1) * row <= left &&
           p->positions[at + run.rows * row] - p->positions[at] == run.rows * step) {
        run.count += run.pitch;
        run.rows++;
    }
    return run;
}
