#include "reference/ops/shared/padded_input.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"

#include <string.h>

/* Pads may be much larger than the input, and what is copied should stay small beside what is computed. */
#define MOST_TIMES 8
#define MOST_CELLS (INT64_C(1) << 25)

typedef struct {
    const Tensor  *x;
    const Spatial *window;
    PaddedInput   *padded;
    double         filling;
    gint           out_of_memory;
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

/* Element `at` of a padded plane, among the cells of that plane; with rank - 1 dims: the row of the first phase. */
static int64_t offset_of(const PaddedInput *p, const Spatial *w, const int64_t *at, int dims)
{
    int64_t phase = 0, offset = 0;
    for (int d = 0; d < w->rank; d++) {
        const int64_t e = d < dims ? at[d] : 0;
        phase = phase * w->stride[d] + e % w->stride[d];
        offset = offset * p->extent[d] + e / w->stride[d];
    }
    return phase * p->phase + offset;
}

/* A row of the input between its pads, n cells. */
static void one_row(const Spatial *w, DType dtype, const uint8_t *source, double filling, int64_t n, double *row)
{
    const int d = w->rank - 1;
    const int64_t left = MIN(w->begin[d], n), inside = CLAMP(n - left, 0, w->in[d]);
    fill(row, left, filling);
    convert_to_double(dtype, source, row + left, (gsize)inside);
    fill(row + left + inside, n - left - inside, filling);
}

CLONES static void every_other(const double *restrict row, double *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = row[2 * i];
}

static void every(const double *row, int64_t stride, double *out, int64_t n)
{
    if (stride == 2)
        every_other(row, out, n);
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = row[i * stride];
}

int64_t padded_row(const PaddedInput *p, const Spatial *w)
{
    return p->extent[w->rank - 1] * w->stride[w->rank - 1];
}

void padded_plane(const PaddedInput *p, const Spatial *w, const Tensor *x, int64_t plane, double filling, double *room, double *cells)
{
    const int d = w->rank - 1;
    const int64_t width = dtype_info(x->dtype)->width, stride = w->stride[d], length = padded_row(p, w);
    const uint8_t *source = (const uint8_t *)x->data + plane * w->in_plane * width;
    int64_t at[SHAPE_MAX_RANK] = { 0 }, dims[SHAPE_MAX_RANK];
    for (int e = 0; e < d; e++)
        dims[e] = p->extent[e] * w->stride[e];
    for (int64_t r = 0; r < p->plane / length; r++, next_index(dims, d, at)) {
        int64_t row = 0;
        gboolean inside = TRUE;
        for (int e = 0; e < d; e++) {
            const int64_t i = at[e] - w->begin[e];
            inside &= i >= 0 && i < w->in[e];
            row = row * w->in[e] + i;
        }
        double *out = cells + offset_of(p, w, at, d);
        if (inside)
            one_row(w, x->dtype, source + row * w->in[d] * width, filling, length, stride == 1 ? out : room);
        for (int64_t phase = 0; phase < stride; phase++)
            if (!inside)
                fill(out + phase * p->phase, p->extent[d], filling);
            else if (stride > 1)
                every(room + phase, stride, out + phase * p->phase, p->extent[d]);
    }
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    PaddedInput *p = job->padded;
    g_autofree double *room = g_try_new(double, padded_row(p, job->window));
    if (!room)
        g_atomic_int_set(&job->out_of_memory, 1);
    for (int64_t plane = first; room && plane < last; plane++)
        padded_plane(p, job->window, job->x, plane, job->filling, room, p->cells + plane * p->plane);
}

/* Offsets in a plane of all index vectors below dims, step[d] apart in dim d. */
static void fill_offsets(const PaddedInput *p, const Spatial *w, const int64_t *dims, const int64_t *step, int64_t n, int64_t *offsets)
{
    int64_t at[SHAPE_MAX_RANK] = { 0 }, element[SHAPE_MAX_RANK];
    for (int64_t i = 0; i < n; i++, next_index(dims, w->rank, at)) {
        for (int d = 0; d < w->rank; d++)
            element[d] = at[d] * step[d];
        offsets[i] = offset_of(p, w, element, w->rank);
    }
}

/* Sizes of a plane: as far as a window reaches, and in whole strides. FALSE if they are no numbers. */
static gboolean measure(const Spatial *w, PaddedInput *p)
{
    p->phase = p->plane = 1;
    for (int d = 0; d < w->rank; d++) {
        const int64_t reach = (w->out[d] - 1) * w->stride[d] + (w->kernel[d] - 1) * w->dilation[d] + 1; /* each factor is below 2^31 */
        if (reach < 1)
            return FALSE;
        p->extent[d] = (reach - 1) / w->stride[d] + 1;
        if (__builtin_mul_overflow(p->phase, p->extent[d], &p->phase) ||
            __builtin_mul_overflow(p->plane, p->extent[d] * w->stride[d], &p->plane))
            return FALSE;
    }
    return TRUE;
}

gboolean padded_input_plan(const Tensor *x, const Spatial *w, PaddedInput *p)
{
    int64_t total;
    *p = (PaddedInput){ 0 };
    if (w->rank < 1 || x->count < 1 || !measure(w, p) || __builtin_mul_overflow(p->plane, x->shape.dims[0] * x->shape.dims[1], &total) ||
        total > MOST_CELLS || total / MOST_TIMES > x->count || w->out_plane > MOST_CELLS || w->taps > MOST_CELLS)
        return FALSE;
    p->taps = g_try_new(int64_t, w->taps);
    p->positions = g_try_new(int64_t, w->out_plane + 1);
    if (!p->taps || !p->positions) {
        padded_input_clear(p);
        return FALSE;
    }
    fill_offsets(p, w, w->kernel, w->dilation, w->taps, p->taps);
    fill_offsets(p, w, w->out, w->stride, w->out_plane, p->positions);
    return TRUE;
}

gboolean padded_input_make(Eval *ev, const Tensor *x, const Spatial *w, double filling, PaddedInput *p)
{
    if (!padded_input_plan(x, w, p))
        return FALSE;
    const int64_t planes = x->shape.dims[0] * x->shape.dims[1];
    Job job = { x, w, p, filling, 0 };
    p->cells = g_try_new(double, p->plane * planes + PADDED_SLACK);
    if (p->cells) {
        fill(p->cells + p->plane * planes, PADDED_SLACK, 0);
        eval_parallel(ev, planes, 1 + 65536 / p->plane, some_planes, &job);
        if (!job.out_of_memory)
            return TRUE;
    }
    padded_input_clear(p);
    return FALSE;
}

void padded_input_clear(PaddedInput *p)
{
    g_clear_pointer(&p->cells, g_free);
    g_clear_pointer(&p->taps, g_free);
    g_clear_pointer(&p->positions, g_free);
}

PaddedRun padded_run(const PaddedInput *p, const Spatial *w, int64_t at, int64_t most)
{
    const int64_t row = w->out[w->rank - 1], left = w->out_plane - at;
    PaddedRun run = { 1, MIN(row - at % row, most), 0, 0 };
    run.count = run.n;
    const int64_t step = left > row ? p->positions[at + row] - p->positions[at] : 0;
    if (run.n < row || step < row || step > row + row / 2)
        return run;
    run.pitch = step;
    while (run.count + run.pitch <= most && (run.rows + 1) * row <= left &&
           p->positions[at + run.rows * row] - p->positions[at] == run.rows * step) {
        run.count += run.pitch;
        run.rows++;
    }
    return run;
}

void padded_run_close(const PaddedRun *run, double *results)
{
    for (int64_t r = 1; r < run->rows; r++)
        memmove(results + r * run->n, results + r * run->pitch, (gsize)run->n * sizeof *results);
}
