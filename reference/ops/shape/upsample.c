#include "reference/ops/shared/move.h"

#include <math.h>
#include <string.h>

typedef struct {
    double  scale[SHAPE_MAX_RANK];
    Shape   shape; /* of the output */
} Plan;

/* Each dim becomes floor(dim * scale). */
static gboolean plan_shape(const Tensor *x, const float *scales, gsize n, Plan *plan, GError **error)
{
    int64_t dims[SHAPE_MAX_RANK];
    if (n != (gsize)x->shape.rank)
        return eval_fail(error, "scales has %" G_GSIZE_FORMAT " entries, expected %d", n, x->shape.rank);
    for (gsize d = 0; d < n; d++) {
        plan->scale[d] = (double)scales[d];
        const double dim = floor((double)x->shape.dims[d] * plan->scale[d]);
        if (!(plan->scale[d] >= 1) || !(dim < 0x1p62))
            return eval_fail(error, "scale %" G_GSIZE_FORMAT " is %g, expected 1 or more", d, plan->scale[d]);
        dims[d] = (int64_t)dim;
    }
    return shape_make(dims, n, &plan->shape, error);
}

static void index_of(const Shape *shape, int64_t position, int64_t *index)
{
    for (int d = shape->rank - 1; d >= 0; d--) {
        index[d] = position % shape->dims[d];
        position /= shape->dims[d];
    }
}

static void nearest(const Tensor *x, const Plan *plan, Tensor *y)
{
    int64_t index[SHAPE_MAX_RANK], strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, strides);
    for (int64_t i = 0; i < y->count; i++) {
        int64_t from = 0;
        index_of(&plan->shape, i, index);
        for (int d = 0; d < x->shape.rank; d++)
            from += MIN((int64_t)floor((double)index[d] / plan->scale[d]), x->shape.dims[d] - 1) * strides[d];
        move_run(x, from, y, i, 1);
    }
    tensor_adopt_strings(y);
}

/* Linear in every axis between the two neighbours of index / scale; the last element stands for what is beyond it. */
static double interpolate(const Tensor *x, const Plan *plan, const int64_t *strides, const int64_t *index, int axis,
                          int64_t offset)
{
    if (axis == x->shape.rank)
        return tensor_get_double(x, offset);
    const double place = (double)index[axis] / plan->scale[axis], below = floor(place), weight = place - below;
    const int64_t last = x->shape.dims[axis] - 1, low = MIN((int64_t)below, last), high = MIN(low + 1, last);
    const double a = interpolate(x, plan, strides, index, axis + 1, offset + low * strides[axis]);
    if (weight == 0 || low == high)
        return a;
    const double b = interpolate(x, plan, strides, index, axis + 1, offset + high * strides[axis]);
    return a * (1 - weight) + b * weight;
}

static gboolean linear(const Tensor *x, const Plan *plan, Tensor *y, GError **error)
{
    const Domain domain = dtype_info(x->dtype)->domain;
    if (domain == DOMAIN_STRING || domain == DOMAIN_COMPLEX || domain == DOMAIN_BOOL)
        return eval_fail(error, "mode linear does not interpolate %s", dtype_name(x->dtype));
    int64_t index[SHAPE_MAX_RANK], strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, strides);
    for (int64_t i = 0; i < y->count; i++) {
        index_of(&plan->shape, i, index);
        tensor_set_double(y, i, interpolate(x, plan, strides, index, 0, 0));
    }
    return TRUE;
}

static gboolean upsample_with(Eval *ev, const float *scales, gsize n, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const char *mode = eval_string(ev, "mode");
    Plan plan = { 0 };
    const gboolean smooth = strcmp(mode, "linear") == 0 || (eval_version(ev) == 1 && strcmp(mode, "bilinear") == 0);
    if (!smooth && strcmp(mode, "nearest") != 0)
        return eval_fail(error, "mode is '%s', expected nearest or linear", mode);
    if (!plan_shape(x, scales, n, &plan, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &plan.shape, error);
    if (!y)
        return FALSE;
    if (smooth)
        return linear(x, &plan, y, error);
    nearest(x, &plan, y);
    return TRUE;
}

/* Version 1 scales the last two of four axes. */
static gboolean upsample_1(Eval *ev, GError **error)
{
    const float scales[] = { 1, 1, eval_float(ev, "height_scale"), eval_float(ev, "width_scale") };
    return upsample_with(ev, scales, 4, error);
}

static gboolean upsample_7(Eval *ev, GError **error)
{
    gsize n;
    const float *scales = eval_floats(ev, "scales", &n);
    return upsample_with(ev, scales, n, error);
}

static gboolean upsample(Eval *ev, GError **error)
{
    const Tensor *scales = eval_input(ev, 1);
    return upsample_with(ev, scales->data, (gsize)scales->count, error);
}

OPERATOR_DEFINE(upsample, "Upsample", "",
    { .since = 1, .signature = "X:T -> Y:T", .types = "T: floats1 bool int32 int64",
      .attributes = "mode:string=nearest, height_scale:float!, width_scale:float!", .kernel = upsample_1 },
    { .since = 7, .signature = "X:T -> Y:T", .types = "T: all1", .attributes = "mode:string=nearest, scales:floats!",
      .kernel = upsample_7 },
    { .since = 9, .signature = "X:T, scales:float -> Y:T", .types = "T: all1", .attributes = "mode:string=nearest",
      .kernel = upsample },
    { .since = 10, .deprecated = TRUE })
