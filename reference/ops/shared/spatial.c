#include "reference/ops/shared/spatial.h"

#include <string.h>

/* Larger numbers mean nothing, and smaller ones cannot overflow below. */
#define LARGEST G_MAXINT32

static gboolean read_list(const Eval *ev, const char *name, int rank, int64_t least, int64_t fallback, int64_t *list,
                          GError **error)
{
    gsize n;
    const int64_t *given = eval_ints(ev, name, &n);
    if (given && n != (gsize)rank)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %d", name, n, rank);
    for (int d = 0; d < rank; d++) {
        list[d] = given ? given[d] : fallback;
        if (list[d] < least || list[d] > LARGEST)
            return eval_fail(error, "%s has the entry %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT " to %d", name, list[d],
                             least, LARGEST);
    }
    return TRUE;
}

gboolean spatial_read_kernel(const Eval *ev, const Shape *x, const int64_t *weights, Spatial *w, GError **error)
{
    memset(w, 0, sizeof *w);
    w->rank = x->rank - 2;
    if (w->rank < 1)
        return eval_fail(error, "X has rank %d, expected at least 3: [N, C, D1 ...]", x->rank);
    memcpy(w->in, x->dims + 2, (gsize)w->rank * sizeof w->in[0]);
    w->in_plane = shape_span(x, 2, x->rank);
    gsize n;
    if (!weights && !eval_ints(ev, "kernel_shape", &n))
        return eval_fail(error, "no kernel_shape");
    if (!read_list(ev, "kernel_shape", w->rank, 1, 1, w->kernel, error) ||
        !read_list(ev, "strides", w->rank, 1, 1, w->stride, error) ||
        !read_list(ev, "dilations", w->rank, 1, 1, w->dilation, error))
        return FALSE;
    for (int d = 0; weights && d < w->rank; d++) {
        if (eval_ints(ev, "kernel_shape", &n) && w->kernel[d] != weights[d])
            return eval_fail(error, "kernel_shape has %" G_GINT64_FORMAT " for spatial dim %d, W has %" G_GINT64_FORMAT,
                             w->kernel[d], d, weights[d]);
        w->kernel[d] = weights[d];
        if (w->kernel[d] < 1 || w->kernel[d] > LARGEST)
            return eval_fail(error, "W has %" G_GINT64_FORMAT " taps in spatial dim %d, expected 1 to %d", weights[d], d, LARGEST);
    }
    w->taps = 1;
    for (int d = 0; d < w->rank; d++)
        if (__builtin_mul_overflow(w->taps, w->kernel[d], &w->taps))
            return eval_fail(error, "the kernel has too many taps");
    return TRUE;
}

gboolean spatial_read_pads(const Eval *ev, Spatial *w, GError **error)
{
    int64_t pads[2 * SHAPE_MAX_RANK];
    if (!read_list(ev, "pads", 2 * w->rank, 0, 0, pads, error))
        return FALSE;
    memcpy(w->begin, pads, (gsize)w->rank * sizeof pads[0]);
    memcpy(w->end, pads + w->rank, (gsize)w->rank * sizeof pads[0]);
    return TRUE;
}

static gboolean explicit_out(Spatial *w, int d, gboolean ceiling, GError **error)
{
    const int64_t span = (w->kernel[d] - 1) * w->dilation[d] + 1, room = w->in[d] + w->begin[d] + w->end[d] - span;
    if (room < 0)
        return eval_fail(error, "the window spans %" G_GINT64_FORMAT " in spatial dim %d, but input and pads only %"
                         G_GINT64_FORMAT, span, d, room + span);
    w->out[d] = (room + (ceiling ? w->stride[d] - 1 : 0)) / w->stride[d] + 1;
    if (ceiling && (w->out[d] - 1) * w->stride[d] >= w->in[d] + w->begin[d]) /* would start in the end's pads */
        w->out[d]--;
    return TRUE;
}

static gboolean automatic_out(Spatial *w, int d, const char *how, GError **error)
{
    if (strcmp(how, "VALID") == 0) {
        w->begin[d] = w->end[d] = 0;
        return explicit_out(w, d, FALSE, error);
    }
    w->out[d] = (w->in[d] + w->stride[d] - 1) / w->stride[d];
    const int64_t span = (w->kernel[d] - 1) * w->dilation[d] + 1;
    const int64_t total = MAX((w->out[d] - 1) * w->stride[d] + span - w->in[d], 0);
    w->begin[d] = strcmp(how, "SAME_UPPER") == 0 ? total / 2 : total - total / 2;
    w->end[d] = total - w->begin[d];
    return TRUE;
}

gboolean spatial_read(const Eval *ev, const Shape *x, const int64_t *weights, Spatial *w, GError **error)
{
    if (!spatial_read_kernel(ev, x, weights, w, error) || !spatial_read_pads(ev, w, error))
        return FALSE;
    const char *how = eval_string(ev, "auto_pad");
    const gboolean by_pads = !how || strcmp(how, "NOTSET") == 0;
    if (!by_pads && strcmp(how, "SAME_UPPER") != 0 && strcmp(how, "SAME_LOWER") != 0 && strcmp(how, "VALID") != 0)
        return eval_fail(error, "auto_pad is '%s', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID", how);
    const gboolean ceiling = eval_int(ev, "ceil_mode") != 0;
    w->out_plane = 1;
    for (int d = 0; d < w->rank; d++) {
        if (!(by_pads ? explicit_out(w, d, ceiling, error) : automatic_out(w, d, how, error)))
            return FALSE;
        if (__builtin_mul_overflow(w->out_plane, w->out[d], &w->out_plane))
            return eval_fail(error, "the output has too many elements");
    }
    return TRUE;
}

void spatial_global(const Shape *x, Spatial *w)
{
    memset(w, 0, sizeof *w);
    w->rank = x->rank - 2;
    w->in_plane = w->taps = shape_span(x, 2, x->rank);
    w->out_plane = 1;
    for (int d = 0; d < w->rank; d++) {
        w->in[d] = w->kernel[d] = x->dims[d + 2];
        w->out[d] = w->stride[d] = w->dilation[d] = 1;
    }
}

Shape spatial_shape(const Spatial *w, int64_t n, int64_t c)
{
    Shape shape = { .rank = w->rank + 2, .dims = { n, c } };
    memcpy(shape.dims + 2, w->out, (gsize)w->rank * sizeof w->out[0]);
    return shape;
}

void spatial_index(const int64_t *dims, int rank, int64_t linear, int64_t *index)
{
    for (int d = rank - 1; d >= 0; d--) {
        index[d] = linear % dims[d];
        linear /= dims[d];
    }
}

int64_t spatial_most_taps(const Spatial *w)
{
    int64_t most = 1;
    for (int d = 0; d < w->rank; d++)
        most *= MIN(w->kernel[d], w->in[d]);
    return most;
}

/* How many of 0, step, 2 step ... (n of them), counted from `start`, are below `limit`. */
static int64_t below(int64_t start, int64_t step, int64_t n, int64_t limit)
{
    return start >= limit ? 0 : MIN(n, (limit - start + step - 1) / step);
}

int64_t spatial_taps(const Spatial *w, int64_t position, int64_t *offsets, int64_t *padded)
{
    int64_t at[SHAPE_MAX_RANK], start[SHAPE_MAX_RANK], first[SHAPE_MAX_RANK], last[SHAPE_MAX_RANK], n = 1;
    spatial_index(w->out, w->rank, position, at);
    *padded = 1;
    for (int d = 0; d < w->rank; d++) {
        start[d] = at[d] * w->stride[d] - w->begin[d];
        first[d] = below(start[d], w->dilation[d], w->kernel[d], 0);
        last[d] = below(start[d], w->dilation[d], w->kernel[d], w->in[d]);
        *padded *= below(start[d], w->dilation[d], w->kernel[d], w->in[d] + w->end[d]);
        n *= MAX(last[d] - first[d], 0);
        at[d] = first[d];
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t offset = 0;
        for (int d = 0; d < w->rank; d++)
            offset = offset * w->in[d] + start[d] + at[d] * w->dilation[d];
        offsets[i] = offset;
        for (int d = w->rank - 1; d >= 0 && ++at[d] == last[d]; d--)
            at[d] = first[d];
    }
    return n;
}
