/* The padded input of convolution and pooling, against where windows lie by definition. */
#include "reference/ops/shared/padded_input.h"

#include <criterion/criterion.h>
#include <math.h>

enum { PLANES = 3, MOST = 9 }; /* MOST: outputs of a run, fewer than some rows have */

static int64_t next(uint64_t *state, int64_t least, int64_t most)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return least + (int64_t)((*state >> 33) % (uint64_t)(most - least + 1));
}

/* Some window; FALSE if it fits nowhere. */
static gboolean make_window(uint64_t *state, Spatial *w)
{
    *w = (Spatial){ .rank = (int)next(state, 1, 3), .in_plane = 1, .out_plane = 1, .taps = 1 };
    for (int d = 0; d < w->rank; d++) {
        w->in[d] = next(state, 1, 11);
        w->kernel[d] = next(state, 1, 4);
        w->stride[d] = next(state, 1, 4);
        w->dilation[d] = next(state, 1, 3);
        w->begin[d] = next(state, 0, 3);
        w->end[d] = next(state, 0, 3);
        const int64_t room = w->in[d] + w->begin[d] + w->end[d] - (w->kernel[d] - 1) * w->dilation[d] - 1;
        if (room < 0)
            return FALSE;
        w->out[d] = (room + next(state, 0, w->stride[d] - 1)) / w->stride[d] + 1; /* as ceil_mode has it, too */
        w->in_plane *= w->in[d];
        w->out_plane *= w->out[d];
        w->taps *= w->kernel[d];
    }
    return TRUE;
}

/* What the window at output position `position` sees at tap `tap`. */
static double seen(const Spatial *w, const Tensor *x, int64_t plane, int64_t position, int64_t tap, double pad)
{
    int64_t at[SHAPE_MAX_RANK], own[SHAPE_MAX_RANK], offset = 0;
    spatial_index(w->out, w->rank, position, at);
    spatial_index(w->kernel, w->rank, tap, own);
    for (int d = 0; d < w->rank; d++) {
        const int64_t i = at[d] * w->stride[d] - w->begin[d] + own[d] * w->dilation[d];
        if (i < 0 || i >= w->in[d])
            return pad;
        offset = offset * w->in[d] + i;
    }
    return tensor_get_double(x, plane * w->in_plane + offset);
}

static void check_runs(const PaddedInput *p, const Spatial *w)
{
    int64_t at = 0;
    while (at < w->out_plane) {
        const PaddedRun run = padded_run(p, w, at, MOST);
        cr_assert(run.count >= 1 && run.count <= MOST && run.rows >= 1 && run.n >= 1);
        double numbers[MOST];
        for (int64_t i = 0; i < run.count; i++)
            numbers[i] = (double)(p->positions[at] + i);
        padded_run_close(&run, numbers);
        for (int64_t i = 0; i < run.rows * run.n; i++)
            cr_assert_eq(numbers[i], (double)p->positions[at + i]);
        at += run.rows * run.n;
    }
    cr_assert_eq(at, w->out_plane);
}

static void check_cells(const PaddedInput *p, const Spatial *w, const Tensor *x, double pad)
{
    g_autofree double *cells = g_new(double, p->plane), *room = g_new(double, padded_room(x, w) + 1);
    for (int64_t plane = 0; plane < PLANES; plane++) {
        for (int64_t i = 0; i < p->plane; i++)
            cells[i] = NAN;
        padded_plane(p, w, x, plane, pad, room, cells);
        for (int64_t position = 0; position < w->out_plane; position++)
            for (int64_t tap = 0; tap < w->taps; tap++) {
                const int64_t cell = p->taps[tap] + p->positions[position];
                cr_assert(cell >= 0 && cell < p->plane);
                cr_assert_eq(cells[cell], seen(w, x, plane, position, tap, pad));
            }
    }
}

Test(padded_input, every_tap_of_every_window_is_where_two_offsets_lead)
{
    const DType dtypes[] = { DTYPE_FLOAT, DTYPE_DOUBLE, DTYPE_INT8 };
    uint64_t state = 1;
    int windows = 0;
    for (int i = 0; i < 3000; i++) {
        Spatial w;
        PaddedInput p;
        if (!make_window(&state, &w))
            continue;
        Shape shape = { w.rank + 2, { 1, PLANES } };
        memcpy(shape.dims + 2, w.in, (gsize)w.rank * sizeof w.in[0]);
        g_autoptr(Tensor) x = tensor_new(dtypes[i % 3], &shape, NULL);
        for (int64_t k = 0; k < x->count; k++)
            tensor_set_double(x, k, (double)(k % 101 + 1));
        if (!padded_input_plan(x, &w, &p))
            continue;
        check_cells(&p, &w, x, -7);
        check_runs(&p, &w);
        padded_input_clear(&p);
        windows++;
    }
    cr_assert_gt(windows, 1000, "only %d windows were made", windows);
}
