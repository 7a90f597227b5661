#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/spatial.h"
#include "reference/tensor/convert.h"

#include <string.h>

/* Spatial seen from the output: input position i and tap k meet at output position i * stride - begin + k * dilation. */
typedef struct {
    Spatial        window;
    const Tensor *x, *w, *bias;
    int64_t       groups, in_group, out_group;
    Tensor       *y;
    gint          out_of_memory;
} Transposed;

/* ---- geometry -------------------------------------------------------------------------------------------------------- */

static gboolean read_extra(const Eval *ev, const Spatial *w, int64_t *extra, GError **error)
{
    gsize n;
    const int64_t *given = eval_ints(ev, "output_padding", &n);
    if (given && n != (gsize)w->rank)
        return eval_fail(error, "output_padding has %" G_GSIZE_FORMAT " entries, expected %d", n, w->rank);
    for (int d = 0; d < w->rank; d++) {
        extra[d] = given ? given[d] : 0;
        if (extra[d] < 0 || extra[d] >= MAX(w->stride[d], w->dilation[d]))
            return eval_fail(error, "output_padding has %" G_GINT64_FORMAT " for spatial dim %d, expected less than stride or dilation",
                             extra[d], d);
    }
    return TRUE;
}

/* The output's size where it is prescribed: by output_shape or, with auto_pad SAME, as input times stride. */
static gboolean prescribed(const Eval *ev, const Spatial *w, const char *how, int64_t *out, gboolean *is, GError **error)
{
    gsize n;
    const int64_t *given = eval_ints(ev, "output_shape", &n);
    *is = given || g_str_has_prefix(how, "SAME");
    /* The text counts spatial dims only; some exporters write N and C too. */
    if (given && n == (gsize)w->rank + 2)
        given += 2;
    else if (given && n != (gsize)w->rank)
        return eval_fail(error, "output_shape has %" G_GSIZE_FORMAT " entries, expected %d", n, w->rank);
    for (int d = 0; *is && d < w->rank; d++) {
        if (!given && __builtin_mul_overflow(w->in[d], w->stride[d], &out[d]))
            return eval_fail(error, "the output has too many elements");
        if (given)
            out[d] = given[d];
        if (out[d] < 0)
            return eval_fail(error, "output_shape has the entry %" G_GINT64_FORMAT, out[d]);
    }
    return TRUE;
}

static gboolean place(const Eval *ev, Spatial *w, GError **error)
{
    const char *given = eval_string(ev, "auto_pad"), *how = given ? given : "NOTSET";
    const gboolean upper = strcmp(how, "SAME_UPPER") == 0;
    if (!upper && strcmp(how, "SAME_LOWER") != 0 && strcmp(how, "NOTSET") != 0 && strcmp(how, "VALID") != 0)
        return eval_fail(error, "auto_pad is '%s', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID", how);
    int64_t extra[SHAPE_MAX_RANK];
    gboolean fixed;
    if (!read_extra(ev, w, extra, error) || !prescribed(ev, w, how, w->out, &fixed, error) || !spatial_read_pads(ev, w, error))
        return FALSE;
    w->out_plane = 1;
    for (int d = 0; d < w->rank; d++) {
        int64_t full;
        if (__builtin_mul_overflow(w->in[d] - 1, w->stride[d], &full) ||
            __builtin_add_overflow(full, extra[d] + (w->kernel[d] - 1) * w->dilation[d] + 1, &full))
            return eval_fail(error, "the output has too many elements");
        if (fixed) {
            const int64_t total = MAX(full - w->out[d], 0);
            w->begin[d] = upper ? total / 2 : total - total / 2;
            w->end[d] = total - w->begin[d];
        } else {
            if (strcmp(how, "VALID") == 0)
                w->begin[d] = w->end[d] = 0;
            w->out[d] = full - w->begin[d] - w->end[d];
        }
        if (w->out[d] < 0 || __builtin_mul_overflow(w->out_plane, w->out[d], &w->out_plane))
            return eval_fail(error, "spatial dim %d of the output would have %" G_GINT64_FORMAT " elements", d, w->out[d]);
    }
    return TRUE;
}

/* ---- sums ------------------------------------------------------------------------------------------------------------ */

/* Adds one weight times an input plane to the output plane: every output gets at most one product, so the order in
 * which each is summed is that of channels and taps. */
static void add_tap(const Spatial *w, const double *x, double weight, const int64_t *tap, Compensated *sums)
{
    const int d = w->rank - 1;
    int64_t at[SHAPE_MAX_RANK] = { 0 };
    for (int64_t done = 0; done < w->in_plane; done += w->in[d]) {
        int64_t row = 0;
        gboolean inside = TRUE;
        for (int e = 0; e < d; e++) {
            const int64_t o = at[e] * w->stride[e] - w->begin[e] + tap[e] * w->dilation[e];
            inside &= o >= 0 && o < w->out[e];
            row = inside ? row * w->out[e] + o : 0;
        }
        const int64_t start = tap[d] * w->dilation[d] - w->begin[d];
        for (int64_t i = 0; inside && i < w->in[d]; i++) {
            const int64_t o = start + i * w->stride[d];
            if (o >= 0 && o < w->out[d])
                compensated_add_product(&sums[row * w->out[d] + o], x[done + i], weight);
        }
        for (int e = d - 1; e >= 0 && ++at[e] == w->in[e]; e--)
            at[e] = 0;
    }
}

static void one_plane(const Transposed *t, int64_t batch, int64_t channel, double *x, Compensated *sums)
{
    const Spatial *w = &t->window;
    const int64_t group = channel / t->out_group, bytes = dtype_info(t->x->dtype)->width;
    memset(sums, 0, (gsize)w->out_plane * sizeof *sums);
    for (int64_t c = group * t->in_group; c < (group + 1) * t->in_group; c++) {
        const int64_t plane = batch * t->groups * t->in_group + c;
        convert_to_double(t->x->dtype, (const uint8_t *)t->x->data + plane * w->in_plane * bytes, x, (gsize)w->in_plane);
        for (int64_t k = 0; k < w->taps; k++) {
            int64_t tap[SHAPE_MAX_RANK];
            spatial_index(w->kernel, w->rank, k, tap);
            const double weight = tensor_get_double(t->w, (c * t->out_group + channel % t->out_group) * w->taps + k);
            add_tap(w, x, weight, tap, sums);
        }
    }
    const double bias = t->bias ? tensor_get_double(t->bias, channel) : 0;
    const int64_t out = (batch * t->groups * t->out_group + channel) * w->out_plane;
    for (int64_t o = 0; o < w->out_plane; o++) {
        compensated_add(&sums[o], bias);
        tensor_set_double(t->y, out + o, compensated_value(sums[o]));
    }
}

static void some_planes(int64_t first, int64_t last, gpointer data)
{
    Transposed *t = data;
    const int64_t channels = t->groups * t->out_group;
    g_autofree double *x = g_try_new(double, t->window.in_plane + 1);
    g_autofree Compensated *sums = g_try_new(Compensated, t->window.out_plane + 1);
    if (!x || !sums)
        g_atomic_int_set(&t->out_of_memory, 1);
    else
        for (int64_t plane = first; plane < last; plane++)
            one_plane(t, plane / channels, plane % channels, x, sums);
}

static gboolean conv_transpose(Eval *ev, GError **error)
{
    Transposed t = { .x = eval_input(ev, 0), .w = eval_input(ev, 1), .bias = eval_input(ev, 2), .groups = eval_int(ev, "group") };
    const Shape *x = &t.x->shape, *w = &t.w->shape;
    if (x->rank < 3 || w->rank != x->rank)
        return eval_fail(error, "X has rank %d and W %d, expected equal ranks of at least 3", x->rank, w->rank);
    if (w->dims[0] != x->dims[1])
        return eval_fail(error, "W is for %" G_GINT64_FORMAT " channels, X has %" G_GINT64_FORMAT, w->dims[0], x->dims[1]);
    if (t.groups < 1 || x->dims[1] % t.groups != 0)
        return eval_fail(error, "group is %" G_GINT64_FORMAT ", expected a divisor of %" G_GINT64_FORMAT " channels", t.groups,
                         x->dims[1]);
    int64_t channels;
    t.in_group = x->dims[1] / t.groups;
    t.out_group = w->dims[1];
    if (__builtin_mul_overflow(t.out_group, t.groups, &channels))
        return eval_fail(error, "the output has too many channels");
    if (t.bias && (t.bias->shape.rank != 1 || t.bias->count != channels))
        return eval_fail(error, "B must be of rank 1 with %" G_GINT64_FORMAT " elements", channels);
    if (!spatial_read_kernel(ev, x, w->dims + 2, &t.window, error) || !place(ev, &t.window, error))
        return FALSE;
    const Shape shape = spatial_shape(&t.window, x->dims[0], channels);
    t.y = eval_output(ev, 0, t.x->dtype, &shape, error);
    if (!t.y)
        return FALSE;
    if (t.y->count > 0)
        eval_parallel(ev, x->dims[0] * channels, 1, some_planes, &t);
    return !t.out_of_memory || eval_fail(error, "no memory for a plane of %" G_GINT64_FORMAT " sums", t.window.out_plane);
}

static gboolean conv_transpose_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = 2 }, error);
}

#define REST .signature = "X:T, W:T, B:T? -> Y:T", .kernel = conv_transpose, .bound = conv_transpose_bound, \
    .attributes = "auto_pad:string=NOTSET, dilations:ints, group:int=1, kernel_shape:ints, output_padding:ints, " \
                  "output_shape:ints, pads:ints, strides:ints"
OPERATOR_DEFINE(conv_transpose, "ConvTranspose", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 11, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })
