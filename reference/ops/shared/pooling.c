#include "reference/ops/shared/pooling.h"

#include "reference/tensor/convert.h"

typedef struct {
    const Spatial  *window;
    const Pooling *pooling;
    const Tensor  *x;
    Tensor        *y, *indices;
    gint           out_of_memory;
} Job;

static int64_t column_major(const Spatial *w, int64_t offset)
{
    int64_t at[SHAPE_MAX_RANK], result = 0;
    spatial_index(w->in, w->rank, offset, at);
    for (int d = w->rank - 1; d >= 0; d--)
        result = result * w->in[d] + at[d];
    return result;
}

static void one_plane(const Job *job, int64_t plane, double *in, double *out, int64_t *offsets)
{
    const Spatial *w = job->window;
    const gsize width = (gsize)dtype_info(job->x->dtype)->width;
    convert_to_double(job->x->dtype, (const uint8_t *)job->x->data + (gsize)(plane * w->in_plane) * width, in,
                      (gsize)w->in_plane);
    int64_t *indices = job->indices ? (int64_t *)job->indices->data + plane * w->out_plane : NULL;
    for (int64_t o = 0; o < w->out_plane; o++) {
        PoolWindow window = { .plane = in, .offsets = offsets, .dtype = job->y->dtype, .data = job->pooling->data };
        window.n = spatial_taps(w, o, offsets, &window.padded);
        int64_t chosen = -1;
        out[o] = job->pooling->fn(&window, &chosen);
        if (indices && chosen >= 0)
            chosen = plane * w->in_plane + (job->pooling->column_major ? column_major(w, chosen) : chosen);
        if (indices)
            indices[o] = chosen;
    }
    convert_from_double(job->y->dtype, out, (uint8_t *)job->y->data + (gsize)(plane * w->out_plane) * width,
                        (gsize)w->out_plane);
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    const Spatial *w = job->window;
    g_autofree double *in = g_try_new(double, w->in_plane + 1), *out = g_try_new(double, w->out_plane + 1);
    g_autofree int64_t *offsets = g_try_new(int64_t, spatial_most_taps(w) + 1);
    if (!in || !out || !offsets) {
        g_atomic_int_set(&job->out_of_memory, 1);
        return;
    }
    for (int64_t plane = first; plane < last; plane++)
        one_plane(job, plane, in, out, offsets);
}

gboolean pooling_run(Eval *ev, const Spatial *window, const Pooling *pooling, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const Shape shape = spatial_shape(window, x->shape.dims[0], x->shape.dims[1]);
    Job job = { .window = window, .pooling = pooling, .x = x };
    job.y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!job.y)
        return FALSE;
    if (pooling->indexed && eval_wants(ev, 1)) {
        job.indices = eval_output(ev, 1, DTYPE_INT64, &shape, error);
        if (!job.indices)
            return FALSE;
    }
    if (pooling->rows && !job.indices && pooling_run_rows(ev, window, pooling, job.y))
        return TRUE;
    if (job.y->count > 0)
        eval_parallel(ev, x->shape.dims[0] * x->shape.dims[1], 1 + 4096 / window->out_plane, some_planes, &job);
    return !job.out_of_memory || eval_fail(error, "no memory for a plane of %" G_GINT64_FORMAT " elements", window->in_plane);
}

gboolean pooling_run_global(Eval *ev, const Pooling *pooling, GError **error)
{
    const Shape *x = &eval_input(ev, 0)->shape;
    if (x->rank < 2)
        return eval_fail(error, "X has rank %d, expected at least 2: [N, C, ...]", x->rank);
    Spatial window;
    spatial_global(x, &window);
    return pooling_run(ev, &window, pooling, error);
}
