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
        phase = phase * p->stride[d] + e % p->stride[d];
        offset = offset * p->extent[d] + e / p->stride[d];
    }
    return phase * p->phase + offset;
}

#define PLACE(name, T)                                                                                     \
    CLONES static void name(const T *restrict in, int64_t step, int64_t n, double *restrict out)           \
    {                                                                                                      \
        if (step == 1)                                                                                     \
            for (int64_t i = 0; i < n; i++)                                                                \
                out[i] = (double)in[i];                                                                    \
        else if (step == 2)                                                                                \
            for (int64_t i = 0; i < n; i++)                                                                \
                out[i] = (double)in[2 * i];                                                                \
        else                                                                                               \
            for (int64_t i = 0; i < n; i++)                                                                \
                out[i] = (double)in[i * step];                                                             \
    }
PLACE(place_floats, float)
PLACE(place_doubles, double)

/* An input's plane: float32 as it lies, else widened. */
typedef struct {
    const float  *floats; /* or NULL */
    const double *doubles;
} Plane;

/* The cells of a padded row that are `phase` behind a multiple of the stride; row: where it begins in the input. */
static void one_phase(const PaddedInput *p, const Spatial *w, const Plane *in, int64_t row, int64_t phase, double filling, double *out)
{
    const int d = w->rank - 1;
    const int64_t stride = p->stride[d], n = p->extent[d], before = w->begin[d] - phase; /* cells that stand before the input */
    const int64_t first = CLAMP(before > 0 ? (before + stride - 1) / stride : 0, 0, n);
    const int64_t after = w->in[d] + before, last = CLAMP(after > 0 ? (after + stride - 1) / stride : 0, first, n);
    fill(out, first, filling);
    row += first * stride - before;
    if (last > first && in->floats)
        place_floats(in->floats + row, stride, last - first, out + first);
    else if (last > first)
        place_doubles(in->doubles + row, stride, last - first, out + first);
    fill(out + last, n - last, filling);
}

int64_t padded_room(const Tensor *x, const Spatial *w)
{
    return x->dtype == DTYPE_FLOAT ? 0 : w->in_plane;
}

static Plane plane_of(const Tensor *x, const Spatial *w, int64_t plane, double *room)
{
    if (x->dtype == DTYPE_FLOAT)
        return (Plane){ (const float *)x->data + plane * w->in_plane, NULL };
    convert_to_double(x->dtype, (const uint8_t *)x->data + plane * w->in_plane * dtype_info(x->dtype)->width, room, (gsize)w->in_plane);
    return (Plane){ NULL, room };
}

void padded_plane(const PaddedInput *p, const Spatial *w, const Tensor *x, int64_t plane, double filling, double *room, double *cells)
{
    const int d = w->rank - 1;
    const Plane in = plane_of(x, w, plane, room);
    int64_t at[SHAPE_MAX_RANK] = { 0 }, dims[SHAPE_MAX_RANK];
    for (int e = 0; e < d; e++)
        dims[e] = p->extent[e] * p->stride[e];
    const int64_t rows = p->plane / (p->extent[d] * p->stride[d]);
    for (int64_t r = 0; r < rows; r++, next_index(dims, d, at)) {
        int64_t row = 0;
        gboolean inside = TRUE;
        for (int e = 0; e < d; e++) {
            const int64_t i = at[e] - w->begin[e];
            inside &= i >= 0 && i < w->in[e];
            row = row * w->in[e] + i;
        }
        double *out = cells + offset_of(p, w, at, d);
        for (int64_t phase = 0; phase < p->stride[d]; phase++)
            if (inside)
                one_phase(p, w, &in, row * w->in[d], phase, filling, out + phase * p->phase);
            else
                fill(out + phase * p->phase, p->extent[d], filling);
    }
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    PaddedInput *p = job->padded;
    g_autofree double *room = g_try_new(double, padded_room(job->x, job->window) + 1);
    if (!room)
        g_atomic_int_set(&job->out_of_memory, 1);
    for (int64_t plane = first; room && plane < last; plane++)
        padded_plane(p, job->window, job->x, plane, job->filling, room, p->cells + plane * p->plane);
}

static void fill_taps(const Spatial *w, PaddedInput *p)
{
    int64_t tap[SHAPE_MAX_RANK] = { 0 }, element[SHAPE_MAX_RANK];
    for (int64_t t = 0; t < w->taps; t++, next_index(w->kernel, w->rank, tap)) {
        for (int d = 0; d < w->rank; d++)
            element[d] = tap[d] * w->dilation[d];
        p->taps[t] = offset_of(p, w, element, w->rank);
    }
}

/* Rows of positions are of the first phase, and lie together. */
static void fill_positions(const Spatial *w, PaddedInput *p)
{
    const int d = w->rank - 1;
    int64_t at[SHAPE_MAX_RANK] = { 0 }, element[SHAPE_MAX_RANK];
    for (int64_t i = 0; i < w->out_plane; i += w->out[d], next_index(w->out, d, at)) {
        for (int e = 0; e < d; e++)
            element[e] = at[e] * p->stride[e];
        const int64_t first = offset_of(p, w, element, d);
        for (int64_t k = 0; k < w->out[d]; k++)
            p->positions[i + k] = first + k;
    }
}

/* Sizes of a plane: as far as a window reaches, and in whole strides, which do not matter where there is one window. FALSE if it is
 * too large in any case. */
static gboolean measure(const Spatial *w, PaddedInput *p)
{
    p->phase = p->plane = 1;
    for (int d = 0; d < w->rank; d++) {
        const int64_t reach = (w->out[d] - 1) * w->stride[d] + (w->kernel[d] - 1) * w->dilation[d] + 1; /* each factor is below 2^31 */
        if (reach < 1 || reach > MOST_CELLS)
            return FALSE;
        p->stride[d] = w->out[d] > 1 ? w->stride[d] : 1;
        p->extent[d] = (reach - 1) / p->stride[d] + 1;
        if (__builtin_mul_overflow(p->phase, p->extent[d], &p->phase) ||
            __builtin_mul_overflow(p->plane, p->extent[d] * p->stride[d], &p->plane))
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
        p->refused = TRUE;
        return FALSE;
    }
    fill_taps(w, p);
    fill_positions(w, p);
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
    p->refused = TRUE;
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
